import { type CommandEntry, type CommandGroup, commonCommands, groups, otherCommands } from "./tree.ts";

/** Where the first words of a command line lead. `words` counts those that were used. */
export type Found =
	| { readonly kind: "command"; readonly entry: CommandEntry; readonly title: string; readonly words: number }
	| { readonly kind: "group"; readonly group: CommandGroup }
	| { readonly kind: "unknown"; readonly title: string; readonly group: CommandGroup | undefined }
	| { readonly kind: "nothing" };

/** Commands that are found by their names at the top, beside the groups. */
export function topCommands(): readonly CommandEntry[] {
	return [...commonCommands, ...otherCommands];
}

export function findCommand(program: string, words: readonly string[]): Found {
	const [first, second] = words;
	if (first === undefined) return { kind: "nothing" };
	const entry = named(commonCommands, first) ?? named(otherCommands, first);
	if (entry !== undefined) return { kind: "command", entry, title: `${program} ${first}`, words: 1 };
	const group = named(groups, first);
	if (group === undefined) return { kind: "unknown", title: `${program} ${first}`, group: undefined };
	if (second === undefined || second.startsWith("-")) return { kind: "group", group };
	const title = `${program} ${first} ${second}`;
	const inner = named(group.commands, second);
	if (inner === undefined) return { kind: "unknown", title, group };
	return { kind: "command", entry: inner, title, words: 2 };
}

function named<Entry extends { readonly names: readonly string[] }>(
	entries: readonly Entry[],
	name: string,
): Entry | undefined {
	return entries.find(({ names }) => names.includes(name));
}
