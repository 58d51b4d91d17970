import { closest } from "../../lib/closest.ts";
import { closed, type Refuse } from "./refuse.ts";

/** What an instruction takes: `text` once, `list` any number of times, `boolean` with or without a value. */
export type FlagKinds = Readonly<Record<string, "text" | "list" | "boolean">>;

export interface ParsedFlags {
	text(name: string): string | undefined;
	list(name: string): readonly string[];
	boolean(name: string): boolean | undefined;
}

/** Takes `--name[=value]` off the front of an instruction's arguments. */
export function takeFlags(text: string, escapeToken: string): { flags: string[]; rest: string } {
	const flags: string[] = [];
	let at = 0;
	for (;;) {
		while (at < text.length && /\s/.test(text[at]!)) at++;
		if (!text.startsWith("--", at)) break;
		const { word, end } = readWord(text, at, escapeToken);
		at = end;
		if (word === "--") break;
		flags.push(word);
	}
	return { flags, rest: text.slice(at).trimStart() };
}

/** A word without its quotes and escapes. */
function readWord(text: string, start: number, escapeToken: string): { word: string; end: number } {
	let word = "";
	let quote = "";
	let at = start;
	for (; at < text.length; at++) {
		const character = text[at]!;
		if (quote === "" && /\s/.test(character)) break;
		if (character === escapeToken && quote !== "'" && at + 1 < text.length) word += text[++at];
		else if (quote === "" && (character === "'" || character === '"')) quote = character;
		else if (character === quote) quote = "";
		else word += character;
	}
	return { word, end: at };
}

/** Reads flags by what the instruction knows. */
export function parseFlags(flags: readonly string[], kinds: FlagKinds, refuse: Refuse): ParsedFlags {
	const values = new Map<string, string[]>();
	for (const flag of flags) {
		const equals = flag.indexOf("=");
		const name = (equals < 0 ? flag : flag.slice(0, equals)).slice(2);
		const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
		if (kind === undefined) return refuse(`unknown flag: --${name}${hint(name, kinds)}`, `--${name}`);
		if (kind !== "boolean" && equals < 0) return refuse(`missing a value on flag: ${name}`, flag);
		const known = values.get(name) ?? [];
		if (kind !== "list" && known.length > 0) return refuse(`duplicate flag specified: ${name}`, flag);
		values.set(name, [...known, equals < 0 ? "true" : flag.slice(equals + 1)]);
	}
	const first = (name: string) => values.get(name)?.[0];
	return {
		text: first,
		list: (name) => values.get(name) ?? [],
		boolean(name) {
			const value = first(name);
			return value === undefined ? undefined : parseBoolean(value, name, refuse);
		},
	};
}

export function parseBoolean(value: string, name: string, refuse: Refuse): boolean {
	if (["1", "t", "true"].includes(value.toLowerCase())) return true;
	if (["0", "f", "false"].includes(value.toLowerCase())) return false;
	return refuse(`expecting boolean value for flag ${name}, not: ${value}`, value);
}

function hint(name: string, kinds: FlagKinds): string {
	const near = closest(name, Object.keys(kinds));
	return near === undefined ? closed(Object.keys(kinds)) : ` (did you mean --${near}?)`;
}
