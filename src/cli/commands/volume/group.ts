import type { CommandGroup } from "../command-entry.ts";
import { volumeSnapshotGroup } from "./snapshot/group.ts";

export const volumeGroup: CommandGroup = {
	names: ["volume"],
	summary: "Work with volumes",
	groups: [volumeSnapshotGroup],
	commands: [
		{
			names: ["clone"],
			summary: "Make a volume of another one, or of its snapshot",
			load: () => import("./clone.ts"),
		},
		{ names: ["create"], summary: "Create a volume", load: () => import("./create.ts") },
		{
			names: ["export"],
			summary: "Write a volume's content as a tar archive",
			load: () => import("./export.ts"),
		},
		{
			names: ["import"],
			summary: "Make a volume of a tar archive, or apply one to it",
			load: () => import("./import.ts"),
		},
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
		{ names: ["rename"], summary: "Give a volume another name", load: () => import("./rename.ts") },
		{
			names: ["restore"],
			summary: "Put a volume's content back as a snapshot has it",
			load: () => import("./restore.ts"),
		},
		{ names: ["rm", "remove"], summary: "Remove volumes", load: () => import("./remove.ts") },
	],
};
