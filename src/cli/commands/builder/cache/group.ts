import type { CommandGroup } from "../../command-entry.ts";

export const builderCacheGroup: CommandGroup = {
	names: ["cache"],
	summary: "Look after the folders that RUN --mount=type=cache shares",
	commands: [
		{ names: ["export"], summary: "Write a cache mount as a tar archive", load: () => import("./export.ts") },
		{
			names: ["import"],
			summary: "Make a cache mount of a tar archive",
			load: () => import("./import.ts"),
		},
		{ names: ["ls", "list"], summary: "List cache mounts", load: () => import("./list.ts") },
		{ names: ["rm", "remove"], summary: "Remove cache mounts", load: () => import("./remove.ts") },
	],
};
