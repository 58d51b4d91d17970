import type { CommandGroup } from "../command-entry.ts";

export const mountGroup: CommandGroup = {
	names: ["mount"],
	summary: "Change what is mounted in containers",
	commands: [
		{ names: ["add"], summary: "Mount something into a container", load: () => import("./add.ts") },
		{ names: ["ls", "list"], summary: "List the mounts of a container", load: () => import("./list.ts") },
		{
			names: ["rm", "remove"],
			summary: "Take mounts away from a container",
			load: () => import("./remove.ts"),
		},
	],
};
