import { EngineError } from "../lib/index.ts";

/**
 * Words of a Dockerfile instruction: separated by spaces, with quotes and backslashes taken off and variables of the
 * image's environment put in. https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
export function parseWords(text: string, env: readonly string[] = []): string[] {
	return readWords(text, env, /\s/);
}

/** The same for instructions whose whole line is one word: `WORKDIR /a b`. */
export function parseWord(text: string, env: readonly string[] = []): string {
	return readWords(text, env, undefined)[0] ?? "";
}

function readWords(text: string, env: readonly string[], separator: RegExp | undefined): string[] {
	const words: string[] = [];
	let word: string | undefined;
	let quote = "";
	for (let at = 0; at < text.length; at++) {
		const character = text[at]!;
		if (quote !== "'" && character === "\\" && at + 1 < text.length) {
			const next = text[++at]!;
			// Between double quotes a backslash is only special before what is.
			word = (word ?? "") + (quote === '"' && !'"$\\'.includes(next) ? `\\${next}` : next);
		} else if (quote !== "'" && character === "$") {
			const variable = readVariable(text, at);
			word = (word ?? "") + substitute(variable, env);
			at += variable.length - 1;
		} else if (quote !== "") {
			if (character === quote) quote = "";
			else word = (word ?? "") + character;
		} else if (character === '"' || character === "'") {
			quote = character;
			word ??= "";
		} else if (separator?.test(character)) {
			if (word !== undefined) words.push(word);
			word = undefined;
		} else word = (word ?? "") + character;
	}
	if (quote !== "") throw invalid(`unexpected end of statement while looking for matching ${quote}`);
	if (word !== undefined) words.push(word);
	return words;
}

/** `a=1 b="2 3"`, or the old form `a the rest of the line`. */
export function parsePairs(
	instruction: string,
	text: string,
	env: readonly string[] | undefined,
): [string, string][] {
	if (text.startsWith("=")) throw invalid(`${instruction} names can not be blank`);
	if (!/^[^\s=]+=|^["'][^=]*["']=/.test(text)) {
		const match = /^(\S+)\s+(.*)$/s.exec(text);
		if (match === null) throw invalid(`${instruction} must have two arguments`);
		return [[match[1]!, parseWord(match[2]!, env)]];
	}
	return parseWords(text, env).map((word) => {
		const equals = word.indexOf("=");
		if (equals === -1)
			throw invalid(
				`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
			);
		if (equals === 0) throw invalid(`${instruction} names can not be blank`);
		return [word.slice(0, equals), word.slice(equals + 1)];
	});
}

interface Variable {
	readonly name: string;
	/** Characters that it takes in the text. */
	readonly length: number;
	readonly modifier?: { readonly kind: "-" | "+" | "?"; readonly word: string };
}

function readVariable(text: string, at: number): Variable {
	const plain = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(text.slice(at));
	if (plain !== null) return { name: plain[1]!, length: plain[0].length };
	const braced = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([-+?])([^}$]*))?\}/.exec(text.slice(at));
	if (braced !== null) {
		const [whole, name, kind, word] = braced;
		const modifier = kind === undefined ? {} : { modifier: { kind: kind as "-" | "+" | "?", word: word! } };
		return { name: name!, length: whole.length, ...modifier };
	}
	if (text[at + 1] === "{") throw invalid(`unsupported modifier in substitution: ${text.slice(at, at + 64)}`);
	// A dollar alone is a dollar.
	return { name: "", length: 1 };
}

function substitute({ name, modifier }: Variable, env: readonly string[]): string {
	if (name === "") return "$";
	const value = env.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
	if (modifier === undefined) return value;
	if (modifier.kind === "?" && value === "")
		throw invalid(`${name}: ${modifier.word === "" ? "is not allowed to be empty" : modifier.word}`);
	if (modifier.kind === "?") return value;
	if (modifier.kind === "-") return value === "" ? modifier.word : value;
	return value === "" ? "" : modifier.word;
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
