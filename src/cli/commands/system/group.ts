import type { CommandEntry, CommandGroup } from "../command-entry.ts";

/** With commands that have a short form as well. */
export function systemGroup({
	events,
	info,
}: {
	readonly events: CommandEntry;
	readonly info: CommandEntry;
}): CommandGroup {
	return {
		names: ["system"],
		summary: "Work with the engine",
		commands: [
			{ names: ["df"], summary: "Show how much disk is used", load: () => import("./disk-usage.ts") },
			events,
			{
				names: ["gc"],
				summary: "Remove images that were not used for long, or that the disk has no room for",
				load: () => import("./collect.ts"),
			},
			info,
			{ names: ["prune"], summary: "Remove what is not used", load: () => import("./prune.ts") },
			{
				names: ["sockets"],
				summary: "List the scoped sockets and what was denied on them",
				load: () => import("./sockets.ts"),
			},
		],
	};
}
