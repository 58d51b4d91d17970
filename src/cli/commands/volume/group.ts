import type { CommandGroup } from "../command-entry.ts";

export const volumeGroup: CommandGroup = {
	names: ["volume"],
	summary: "Work with volumes",
	commands: [
		{ names: ["create"], summary: "Create a volume", load: () => import("./create.ts") },
		{
			names: ["inspect"],
			summary: "Show everything about volumes",
			load: () => import("./inspect.ts"),
		},
		{ names: ["ls", "list"], summary: "List volumes", load: () => import("./list.ts") },
		{
			names: ["prune"],
			summary: "Remove volumes that no container uses",
			load: () => import("./prune.ts"),
		},
		{ names: ["rm", "remove"], summary: "Remove volumes", load: () => import("./remove.ts") },
	],
};
