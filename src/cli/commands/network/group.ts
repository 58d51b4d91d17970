import type { CommandGroup } from "../command-entry.ts";

export const networkGroup: CommandGroup = {
	names: ["network"],
	summary: "Work with networks",
	commands: [
		{
			names: ["connect"],
			summary: "Put a container on a network",
			load: () => import("./connect.ts"),
		},
		{ names: ["create"], summary: "Create a network", load: () => import("./create.ts") },
		{
			names: ["denials"],
			summary: "Show what egress policies denied",
			load: () => import("./denials.ts"),
		},
		{
			names: ["disconnect"],
			summary: "Take a container off a network",
			load: () => import("./disconnect.ts"),
		},
		{
			names: ["inspect"],
			summary: "Show everything about networks",
			load: () => import("./inspect.ts"),
		},
		{ names: ["ls", "list"], summary: "List networks", load: () => import("./list.ts") },
		{
			names: ["prune"],
			summary: "Remove networks that no container is on",
			load: () => import("./prune.ts"),
		},
		{ names: ["rm", "remove"], summary: "Remove networks", load: () => import("./remove.ts") },
		{
			names: ["update"],
			summary: "Change what containers may leave networks for",
			load: () => import("./update.ts"),
		},
	],
};
