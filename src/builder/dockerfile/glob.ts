/**
 * Shell patterns of `*` and `?`, matched in time that grows with pattern and text alone: both come from a Dockerfile,
 * and a regular expression could be made to take forever.
 */
export type Glob = readonly (string | typeof one | typeof many)[];

const one = Symbol("?");
const many = Symbol("*");

/** A backslash makes the next character stand for itself. */
export function parseGlob(pattern: string): Glob {
	const tokens: (string | typeof one | typeof many)[] = [];
	for (let at = 0; at < pattern.length; at++) {
		const character = pattern[at]!;
		if (character === "\\" && at + 1 < pattern.length) tokens.push(pattern[++at]!);
		else if (character === "?") tokens.push(one);
		else if (character !== "*") tokens.push(character);
		else if (tokens.at(-1) !== many) tokens.push(many);
	}
	return tokens;
}

/** Where matches that start at `start` end: the nearest, or the farthest, end; `undefined` without a match. */
export function matchEnd(
	glob: Glob,
	text: string,
	how: { readonly start: number; readonly isGreedy: boolean },
): number | undefined {
	let states = new Uint8Array(glob.length + 1);
	let next = new Uint8Array(glob.length + 1);
	enter(glob, states, 0);
	let end: number | undefined;
	for (let at = how.start; ; at++) {
		if (states[glob.length] === 1) {
			end = at;
			if (!how.isGreedy) return end;
		}
		const character = text[at];
		if (character === undefined || !step(glob, { from: states, to: next, character })) return end;
		[states, next] = [next, states];
	}
}

/** Where the states lead by one character; false: nowhere. */
function step(
	glob: Glob,
	how: { readonly from: Uint8Array; readonly to: Uint8Array; readonly character: string },
): boolean {
	how.to.fill(0);
	let isAny = false;
	for (let state = 0; state < glob.length; state++) {
		if (how.from[state] === 0) continue;
		const token = glob[state];
		if (token !== many && token !== one && token !== how.character) continue;
		enter(glob, how.to, token === many ? state : state + 1);
		isAny = true;
	}
	return isAny;
}

/** `*` may stand for nothing. */
function enter(glob: Glob, states: Uint8Array, state: number): void {
	states[state] = 1;
	for (let next = state; glob[next] === many; next++) states[next + 1] = 1;
}

/** The text with what fits taken off its front: the shortest or the longest part. */
export function trimStart(text: string, pattern: string, isGreedy: boolean): string {
	const end = matchEnd(parseGlob(pattern), text, { start: 0, isGreedy });
	return end === undefined ? text : text.slice(end);
}

export function trimEnd(text: string, pattern: string, isGreedy: boolean): string {
	const reversed = [...parseGlob(pattern)].reverse();
	const end = matchEnd(reversed, [...text].reverse().join(""), { start: 0, isGreedy });
	return end === undefined ? text : [...text].reverse().slice(end).reverse().join("");
}

/** The longest match is replaced, the first or all of them. */
export function replaceGlob(
	text: string,
	pattern: string,
	how: { readonly by: string; readonly isAll: boolean },
): string {
	const glob = parseGlob(pattern);
	let result = "";
	let at = 0;
	while (at < text.length) {
		const end = matchEnd(glob, text, { start: at, isGreedy: true });
		if (end === undefined || end === at) {
			result += text[at++];
			continue;
		}
		result += how.by;
		at = end;
		if (!how.isAll) break;
	}
	return result + text.slice(at);
}
