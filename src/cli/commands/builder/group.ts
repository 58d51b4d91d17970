import type { CommandGroup } from "../command-entry.ts";
import { builderCacheGroup } from "./cache/group.ts";

export const builderGroup: CommandGroup = {
	names: ["builder"],
	summary: "Work with builds and their cache",
	groups: [builderCacheGroup],
	commands: [
		{
			names: ["build"],
			summary: "Build an image from a Dockerfile",
			load: () => import("../build.ts"),
		},
		{ names: ["cancel"], summary: "End running builds", load: () => import("./cancel.ts") },
		{
			names: ["du"],
			summary: "Show what the build cache holds",
			load: () => import("./disk-usage.ts"),
		},
		{
			names: ["history", "ls"],
			summary: "List builds",
			load: () => import("./history.ts"),
		},
		{
			names: ["inspect"],
			summary: "Show everything about builds",
			load: () => import("./inspect.ts"),
		},
		{ names: ["logs"], summary: "Show what a build told", load: () => import("./logs.ts") },
		{ names: ["prune"], summary: "Remove build cache", load: () => import("./prune.ts") },
	],
};
