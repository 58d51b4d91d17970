import { EngineError } from "../../lib/index.ts";

/**
 * Patterns of paths as Go's filepath.Match has them (`*`, `?`, `[a-z]`, `[^a]`, `\x`), and `**` for any number of
 * folders. Matched by states, in time that grows with pattern and path alone.
 */
export interface PathPattern {
	matches(path: string): boolean;
	/** Without wildcards it names one path. */
	readonly literal: string | undefined;
}

type Token =
	| { readonly kind: "character"; readonly character: string }
	| { readonly kind: "one" | "many" | "deep" | "folders" }
	| {
			readonly kind: "class";
			readonly negated: boolean;
			readonly ranges: readonly (readonly [string, string])[];
	  };

const maxLength = 4096;

/** Errors: `invalid_argument` for a class that is not closed and for an escape at the end. */
export function parsePathPattern(pattern: string): PathPattern {
	if (pattern.length > maxLength) throw syntaxError(pattern.slice(0, 40));
	const tokens = tokenize(pattern);
	const isLiteral = tokens.every(({ kind }) => kind === "character");
	const literal = isLiteral
		? tokens.map((token) => (token as { character: string }).character).join("")
		: undefined;
	return {
		literal,
		matches: literal === undefined ? (path) => matches(tokens, path) : (path) => path === literal,
	};
}

function tokenize(pattern: string): Token[] {
	const tokens: Token[] = [];
	for (let at = 0; at < pattern.length; at++) {
		const character = pattern[at]!;
		if (character === "*" && pattern[at + 1] === "*") {
			while (pattern[at + 1] === "*") at++;
			const atStart = tokens.length === 0 || isSlash(tokens.at(-1)!);
			const isFolders = atStart && pattern[at + 1] === "/";
			if (isFolders) at++;
			tokens.push({ kind: isFolders ? "folders" : "deep" });
		} else if (character === "*") tokens.push({ kind: "many" });
		else if (character === "?") tokens.push({ kind: "one" });
		else if (character === "[") {
			const { token, end } = readClass(pattern, at);
			tokens.push(token);
			at = end;
		} else if (character === "\\") {
			const next = pattern[++at];
			if (next === undefined) throw syntaxError(pattern);
			tokens.push({ kind: "character", character: next });
		} else tokens.push({ kind: "character", character });
	}
	return tokens;
}

function isSlash(token: Token): boolean {
	return token.kind === "folders" || (token.kind === "character" && token.character === "/");
}

function readClass(pattern: string, start: number): { token: Token; end: number } {
	let at = start + 1;
	const negated = pattern[at] === "^";
	if (negated) at++;
	const ranges: [string, string][] = [];
	for (; pattern[at] !== "]" || ranges.length === 0; at++) {
		const low = readMember(pattern, at);
		at = low.end;
		if (pattern[at + 1] === "-" && pattern[at + 2] !== "]") {
			const high = readMember(pattern, at + 2);
			at = high.end;
			ranges.push([low.character, high.character]);
		} else ranges.push([low.character, low.character]);
	}
	return { token: { kind: "class", negated, ranges }, end: at };
}

function readMember(pattern: string, at: number): { character: string; end: number } {
	const escaped = pattern[at] === "\\" ? 1 : 0;
	const character = pattern[at + escaped];
	if (character === undefined) throw syntaxError(pattern);
	return { character, end: at + escaped };
}

function matches(tokens: readonly Token[], path: string): boolean {
	let states = new Uint8Array(tokens.length + 1);
	let next = new Uint8Array(tokens.length + 1);
	enter(tokens, states, 0);
	for (let at = 0; at < path.length; at++) {
		next.fill(0);
		let isAny = false;
		for (let state = 0; state < tokens.length; state++) {
			if (states[state] === 0) continue;
			const target = step(tokens[state]!, path[at]!, state);
			if (target === undefined) continue;
			isAny = true;
			// Only behind a whole folder may what follows `**/` begin.
			if (tokens[state]!.kind === "folders" && path[at] !== "/") next[state] = 2;
			else enter(tokens, next, target);
		}
		if (!isAny) return false;
		[states, next] = [next, states];
	}
	return states[tokens.length] === 1;
}

function step(token: Token, character: string, state: number): number | undefined {
	switch (token.kind) {
		case "character":
			return character === token.character ? state + 1 : undefined;
		case "one":
			return character === "/" ? undefined : state + 1;
		case "many":
			return character === "/" ? undefined : state;
		case "deep":
		case "folders":
			return state;
		case "class": {
			const isIn = token.ranges.some(([low, high]) => character >= low && character <= high);
			return character !== "/" && isIn !== token.negated ? state + 1 : undefined;
		}
	}
}

/** What may stand for nothing is passed over. */
function enter(tokens: readonly Token[], states: Uint8Array, state: number): void {
	states[state] = 1;
	for (let at = state; at < tokens.length && tokens[at]!.kind in skippable; at++) states[at + 1] = 1;
}

const skippable = { many: true, deep: true, folders: true };

function syntaxError(pattern: string): EngineError {
	return new EngineError("invalid_argument", `syntax error in pattern: ${pattern}`);
}
