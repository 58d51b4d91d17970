import { type CommandEntry, type CommandGroup, commonCommands, groups, otherCommands } from "./tree.ts";

/** Where the first words of a command line lead. `words` counts those that were used. */
export type Found =
	| { readonly kind: "command"; readonly entry: CommandEntry; readonly title: string; readonly words: number }
	| { readonly kind: "group"; readonly group: CommandGroup; readonly title: string }
	| {
			readonly kind: "unknown";
			readonly title: string;
			readonly group: CommandGroup | undefined;
			/** What is unknown there. */
			readonly parent: string;
	  }
	| { readonly kind: "nothing" };

/** Commands that are found by their names at the top, beside the groups. */
export function topCommands(): readonly CommandEntry[] {
	return [...commonCommands, ...otherCommands];
}

/** What may follow a group's name. */
export function membersOf(
	group: CommandGroup,
): readonly { readonly names: readonly string[]; readonly summary: string }[] {
	return [...group.commands, ...(group.groups ?? [])];
}

export function findCommand(program: string, words: readonly string[]): Found {
	const [first] = words;
	if (first === undefined) return { kind: "nothing" };
	const entry = named(commonCommands, first) ?? named(otherCommands, first);
	if (entry !== undefined) return { kind: "command", entry, title: `${program} ${first}`, words: 1 };
	const group = named(groups, first);
	if (group === undefined)
		return { kind: "unknown", title: `${program} ${first}`, group: undefined, parent: program };
	return findInGroup(group, words.slice(1), { title: `${program} ${first}`, words: 1 });
}

function findInGroup(
	group: CommandGroup,
	[word, ...rest]: readonly string[],
	above: { readonly title: string; readonly words: number },
): Found {
	if (word === undefined || word.startsWith("-")) return { kind: "group", group, title: above.title };
	const title = `${above.title} ${word}`;
	const words = above.words + 1;
	const entry = named(group.commands, word);
	if (entry !== undefined) return { kind: "command", entry, title, words };
	const inner = named(group.groups ?? [], word);
	if (inner !== undefined) return findInGroup(inner, rest, { title, words });
	return { kind: "unknown", title, group, parent: above.title };
}

function named<Entry extends { readonly names: readonly string[] }>(
	entries: readonly Entry[],
	name: string,
): Entry | undefined {
	return entries.find(({ names }) => names.includes(name));
}
