import type { CommandGroup } from "../command-entry.ts";

export const configGroup: CommandGroup = {
	names: ["config"],
	summary: "Work with configs: files that containers get from the engine",
	commands: [
		{ names: ["create"], summary: "Create a config", load: () => import("./create.ts") },
		{ names: ["inspect"], summary: "Show everything about configs", load: () => import("./inspect.ts") },
		{ names: ["ls", "list"], summary: "List configs", load: () => import("./list.ts") },
		{ names: ["rm", "remove"], summary: "Remove configs", load: () => import("./remove.ts") },
		{
			names: ["update"],
			summary: "Change the value or the labels of a config",
			load: () => import("./update.ts"),
		},
	],
};
