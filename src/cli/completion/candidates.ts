import { findCommand, membersOf, topCommands } from "../commands/find.ts";
import { groups } from "../commands/tree.ts";
import { createContext } from "../context.ts";
import type { Command } from "../flags/command.ts";
import type { Completion, Flag } from "../flags/flag.ts";
import { globalFlags } from "../global-flags.ts";
import { writeOut } from "../terminal/output.ts";
import type { Candidate } from "./candidate.ts";
import { objectNames } from "./object-names.ts";

/** Prints what may stand in place of the last of the words. Never fails: a shell has no use for an error. */
export async function printCandidates(program: string, words: readonly string[]): Promise<number> {
	const candidates = await findCandidates(program, words).catch(() => []);
	writeOut(
		candidates
			.map(({ value, description }) => (description ? `${value}\t${description}\n` : `${value}\n`))
			.join(""),
	);
	return 0;
}

export async function findCandidates(program: string, words: readonly string[]): Promise<Candidate[]> {
	const current = words.at(-1) ?? "";
	const before = skipGlobalFlags(words.slice(0, -1));
	const found = findCommand(program, before.rest);
	const ask = (kind: Completion) => valueCandidates(kind, { current, host: before.host, program });
	if (before.pending !== undefined) return before.pending.completes ? ask(before.pending.completes) : [];
	if (found.kind === "nothing")
		return matching(current, current.startsWith("-") ? flagCandidates(globalFlags) : topCandidates());
	if (found.kind === "group") return matching(current, commandCandidates(membersOf(found.group)));
	if (found.kind === "unknown") return [];
	if (found.entry.names[0] === "help") return matching(current, topCandidates());
	if (found.entry.names[0] === "completion")
		return matching(
			current,
			["bash", "zsh", "fish"].map((value) => ({ value })),
		);
	const { command } = await found.entry.load();
	return commandLineCandidates(command, { words: before.rest.slice(found.words), current, ask });
}

interface LineState {
	readonly words: readonly string[];
	readonly current: string;
	readonly ask: (kind: Completion) => Promise<Candidate[]>;
}

async function commandLineCandidates(
	command: Command,
	{ words, current, ask }: LineState,
): Promise<Candidate[]> {
	const state = walk(command, words);
	if (state.pending !== undefined) return flagValueCandidates(state.pending, current, ask);
	if (current.startsWith("--") && current.includes("=") && !state.flagsEnded) {
		const equals = current.indexOf("=");
		const flag = command.flags.find(({ name }) => name === current.slice(2, equals));
		if (flag === undefined) return [];
		const values = await flagValueCandidates(flag, current.slice(equals + 1), ask);
		return values.map((one) =>
			one.value.startsWith(":") ? one : { ...one, value: current.slice(0, equals + 1) + one.value },
		);
	}
	if (current.startsWith("-") && !state.flagsEnded) return matching(current, flagCandidates(command.flags));
	const kinds = command.completes ?? [];
	const kind = kinds[Math.min(state.positionals, kinds.length - 1)];
	return kind === undefined ? [] : ask(kind);
}

/** What the words before mean for the next: a flag that waits for its value, how many arguments there are. */
function walk(
	command: Command,
	words: readonly string[],
): { pending: Flag | undefined; positionals: number; flagsEnded: boolean } {
	let positionals = 0;
	let flagsEnded = false;
	let pending: Flag | undefined;
	for (const word of words) {
		if (pending !== undefined) pending = undefined;
		else if (flagsEnded || word === "-" || !word.startsWith("-")) {
			positionals++;
			flagsEnded ||= command.interspersed === false;
		} else if (word === "--") flagsEnded = true;
		else pending = flagThatWaits(command.flags, word);
	}
	return { pending, positionals, flagsEnded };
}

/** The flag of a word whose value is the next word. */
function flagThatWaits(flags: readonly Flag[], word: string): Flag | undefined {
	if (word.startsWith("--")) {
		const flag = flags.find(
			({ name, aliases }) => name === word.slice(2) || aliases?.includes(word.slice(2)),
		);
		return flag?.kind === "switch" ? undefined : flag;
	}
	for (let index = 1; index < word.length; index++) {
		const flag = flags.find(({ short }) => short === word[index]);
		if (flag !== undefined && flag.kind !== "switch") return index === word.length - 1 ? flag : undefined;
	}
	return undefined;
}

async function flagValueCandidates(
	flag: Flag,
	current: string,
	ask: (kind: Completion) => Promise<Candidate[]>,
): Promise<Candidate[]> {
	if (flag.kind === "text" && flag.choices !== undefined)
		return matching(
			current,
			flag.choices.map((value) => ({ value })),
		);
	return flag.completes === undefined ? [] : ask(flag.completes);
}

const signals = ["HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "CONT", "STOP", "WINCH"];
const platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/riscv64"];

async function valueCandidates(
	kind: Completion,
	{ current, host, program }: { current: string; host: string | undefined; program: string },
): Promise<Candidate[]> {
	if (kind === "none") return [];
	if (kind === "file" || kind === "folder") return [{ value: `:${kind}` }];
	if (kind === "signal")
		return matching(
			current,
			signals.map((value) => ({ value: `SIG${value}` })),
		);
	if (kind === "platform")
		return matching(
			current,
			platforms.map((value) => ({ value })),
		);
	const context = createContext(program, { host, debug: false }, async () => 0);
	return matching(current, await objectNames(context, kind));
}

function matching(current: string, candidates: readonly Candidate[]): Candidate[] {
	return candidates.filter(({ value }) => value.startsWith(current));
}

function topCandidates(): Candidate[] {
	return [...commandCandidates(topCommands()), ...commandCandidates(groups)];
}

function commandCandidates(
	entries: readonly { readonly names: readonly string[]; readonly summary: string }[],
): Candidate[] {
	return entries.map(({ names, summary }) => ({ value: names[0]!, description: summary }));
}

function flagCandidates(flags: readonly Flag[]): Candidate[] {
	return flags.map(({ name, help }) => ({ value: `--${name}`, description: help }));
}

/** Global flags before the command, which choose the engine that is asked for names. */
function skipGlobalFlags(words: readonly string[]): {
	rest: readonly string[];
	host: string | undefined;
	pending: Flag | undefined;
} {
	let host: string | undefined;
	let index = 0;
	while (index < words.length && words[index]!.startsWith("-")) {
		const word = words[index]!;
		const [name, value] = word.split(/=(.*)/s);
		const flag = flagThatWaits(globalFlags, name!);
		if (value !== undefined && name === "--host") host = value;
		if (flag === undefined || value !== undefined) {
			index++;
			continue;
		}
		if (index + 1 >= words.length) return { rest: [], host, pending: flag };
		if (flag.name === "host") host = words[index + 1];
		index += 2;
	}
	return { rest: words.slice(index), host, pending: undefined };
}
