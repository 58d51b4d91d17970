import { closest } from "../../lib/closest.ts";
import { type Flag, flagTitle } from "./flag.ts";

/** The words of a command line, taken apart. */
export interface ParsedLine {
	readonly values: Record<string, unknown>;
	/** Names of the flags that were given. */
	readonly given: ReadonlySet<string>;
	readonly positionals: readonly string[];
	/** `--help`, or `-h` where it is no flag of the command. */
	readonly help: boolean;
}

/** What is wrong with the command line; the message is Docker's. */
export class FlagError extends Error {
	/** A flag that exists and is written alike. */
	readonly suggestion: string | undefined;

	constructor(message: string, suggestion?: string) {
		super(message);
		this.name = "FlagError";
		this.suggestion = suggestion;
	}
}

/**
 * Parses as Go's pflag does, as every user of docker has learnt it: `--flag value`, `--flag=value`, `-f value`,
 * `-fvalue`, `-f=value`, `-it`, switches with `=false`, `--` ends the flags. With `interspersed` false the first
 * argument ends them too, so that `run IMAGE ls -l` gives `-l` to `ls`.
 */
export function parseLine(
	words: readonly string[],
	options: { flags: readonly Flag[]; interspersed: boolean },
): ParsedLine {
	const { flags, interspersed } = options;
	const values = defaultValues(flags);
	const given = new Set<string>();
	const positionals: string[] = [];
	let help = false;
	const store = (flag: Flag, text: string) => {
		given.add(flag.name);
		storeValue(values, flag, text);
	};
	let index = 0;
	const next = (missing: string): string => {
		const word = words[index++];
		if (word === undefined) throw new FlagError(missing);
		return word;
	};
	while (index < words.length) {
		const word = words[index++]!;
		if (word === "--") {
			positionals.push(...words.slice(index));
			break;
		}
		if (word === "-" || !word.startsWith("-")) {
			positionals.push(word);
			if (interspersed) continue;
			positionals.push(...words.slice(index));
			break;
		}
		if (word.startsWith("--")) help = takeLong(word, { flags, next, store }) || help;
		else help = takeShorts(word, { flags, next, store }) || help;
	}
	return { values, given, positionals, help };
}

interface Taker {
	readonly flags: readonly Flag[];
	readonly next: (missing: string) => string;
	readonly store: (flag: Flag, text: string) => void;
}

/** One `--word`. True when it asks for help. */
function takeLong(word: string, { flags, next, store }: Taker): boolean {
	const equals = word.indexOf("=");
	const name = word.slice(2, equals < 0 ? undefined : equals);
	const flag = flags.find((known) => known.name === name || known.aliases?.includes(name));
	if (flag === undefined && name === "help") return true;
	if (flag === undefined) throw new FlagError(`unknown flag: --${name}`, suggest(name, flags));
	if (equals >= 0) store(flag, word.slice(equals + 1));
	else if (flag.kind === "switch") store(flag, "true");
	else store(flag, next(`flag needs an argument: --${name}`));
	return false;
}

/** One `-abc`. True when it asks for help. */
function takeShorts(word: string, { flags, next, store }: Taker): boolean {
	for (let rest = word.slice(1); rest !== ""; ) {
		const letter = rest[0]!;
		const flag = flags.find(({ short }) => short === letter);
		if (flag === undefined && letter === "h") return true;
		if (flag === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in -${rest}`);
		const value = rest.slice(1);
		if (value.startsWith("=")) {
			store(flag, value.slice(1));
			return false;
		}
		if (flag.kind !== "switch") {
			store(flag, value === "" ? next(`flag needs an argument: '${letter}' in -${rest}`) : value);
			return false;
		}
		store(flag, "true");
		rest = value;
	}
	return false;
}

function suggest(name: string, flags: readonly Flag[]): string | undefined {
	const found = closest(
		name,
		flags.map((flag) => flag.name),
	);
	return found === undefined ? undefined : `--${found}`;
}

function defaultValues(flags: readonly Flag[]): Record<string, unknown> {
	const values: Record<string, unknown> = {};
	for (const flag of flags) {
		if (flag.kind === "switch") values[flag.name] = flag.default ?? false;
		if (flag.kind === "list") values[flag.name] = [];
	}
	return values;
}

function storeValue(values: Record<string, unknown>, flag: Flag, text: string): void {
	const value = convert(flag, text);
	if (flag.kind === "list") (values[flag.name] as unknown[]).push(value);
	else values[flag.name] = value;
}

function convert(flag: Flag, text: string): unknown {
	try {
		if (flag.kind === "switch") return parseSwitch(text);
		return flag.parse === undefined ? text : flag.parse(text);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new FlagError(`invalid argument ${JSON.stringify(text)} for "${flagTitle(flag)}" flag: ${reason}`);
	}
}

const truths = ["1", "t", "T", "TRUE", "true", "True"];
const falsehoods = ["0", "f", "F", "FALSE", "false", "False"];

function parseSwitch(text: string): boolean {
	if (truths.includes(text)) return true;
	if (falsehoods.includes(text)) return false;
	throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}
