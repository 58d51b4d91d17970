import type { CommandGroup } from "../command-entry.ts";

export const secretGroup: CommandGroup = {
	names: ["secret"],
	summary: "Work with secrets: values that containers get and nobody else sees",
	commands: [
		{ names: ["create"], summary: "Create a secret", load: () => import("./create.ts") },
		{
			names: ["inspect"],
			summary: "Show everything about secrets but their values",
			load: () => import("./inspect.ts"),
		},
		{ names: ["ls", "list"], summary: "List secrets", load: () => import("./list.ts") },
		{ names: ["rm", "remove"], summary: "Remove secrets", load: () => import("./remove.ts") },
		{
			names: ["update"],
			summary: "Change the value or the labels of a secret",
			load: () => import("./update.ts"),
		},
	],
};
