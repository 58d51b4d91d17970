import type { CommandGroup } from "../command-entry.ts";

export const snapshotGroup: CommandGroup = {
	names: ["snapshot"],
	summary: "Keep running machines on disk and bring them back",
	commands: [
		{
			names: ["create"],
			summary: "Keep a running machine on disk, memory and all",
			load: () => import("./create.ts"),
		},
		{ names: ["ls", "list"], summary: "List snapshots", load: () => import("./list.ts") },
		{
			names: ["restore"],
			summary: "Make a container that goes on where the machine stood",
			load: () => import("./restore.ts"),
		},
		{ names: ["rm", "remove"], summary: "Remove snapshots", load: () => import("./remove.ts") },
	],
};
