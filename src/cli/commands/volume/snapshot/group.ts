import type { CommandGroup } from "../../command-entry.ts";

export const volumeSnapshotGroup: CommandGroup = {
	names: ["snapshot"],
	summary: "Keep volumes' content and look after what is kept",
	commands: [
		{ names: ["create"], summary: "Keep a volume's content as it is", load: () => import("./create.ts") },
		{ names: ["ls", "list"], summary: "List snapshots of volumes", load: () => import("./list.ts") },
		{ names: ["prune"], summary: "Remove old snapshots of volumes", load: () => import("./prune.ts") },
		{ names: ["rm", "remove"], summary: "Remove snapshots of a volume", load: () => import("./remove.ts") },
	],
};
