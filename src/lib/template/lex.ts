import { TemplateError } from "./error.ts";

/** A template cut at its delimiters: text as it is, actions as tokens. */
export type Piece =
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "action"; readonly tokens: readonly Token[]; readonly at: Position };

export interface Position {
	readonly line: number;
	/** From 0, as Go counts. */
	readonly column: number;
}

export type Token = { readonly at: number; readonly text: string } & (
	| { readonly kind: "field" | "variable" | "word" }
	| { readonly kind: "string"; readonly value: string }
	| { readonly kind: "number"; readonly value: number }
	| { readonly kind: "symbol" }
);

/** https://pkg.go.dev/text/template: `{{…}}`, trim markers `{{- -}}`, comments. */
export function lexTemplate(source: string): Piece[] {
	const pieces: Piece[] = [];
	let offset = 0;
	let trimNext = false;
	while (true) {
		const open = source.indexOf("{{", offset);
		let text = source.slice(offset, open < 0 ? undefined : open);
		if (trimNext) text = text.trimStart();
		if (open < 0) {
			if (text !== "") pieces.push({ kind: "text", text });
			return pieces;
		}
		const trimBefore = /^\{\{-\s/.test(source.slice(open, open + 4));
		if (trimBefore) text = text.trimEnd();
		if (text !== "") pieces.push({ kind: "text", text });
		const at = positionOf(source, open + 2);
		const start = open + (trimBefore ? 3 : 2);
		const comment = commentEnd(source, start, at);
		const tokens = comment === undefined ? lexAction(source, start, at) : { tokens: [], end: comment };
		trimNext = tokens.end < 0;
		offset = Math.abs(tokens.end);
		if (comment === undefined) pieces.push({ kind: "action", tokens: tokens.tokens, at });
	}
}

function positionOf(source: string, offset: number): Position {
	const before = source.slice(0, offset);
	const lineStart = before.lastIndexOf("\n") + 1;
	return { line: before.split("\n").length, column: offset - lineStart };
}

/** Where a comment action ends (negative when it trims what follows); `undefined` when it is no comment. */
function commentEnd(source: string, start: number, at: Position): number | undefined {
	const open = /^\s*\/\*/.exec(source.slice(start));
	if (open === null) return undefined;
	const close = /\*\/\s*(-?)\}\}/.exec(source.slice(start));
	if (close === null) throw new TemplateError("parse", `template: :${at.line}: unclosed comment`);
	const end = start + close.index + close[0].length;
	return close[1] === "-" ? -end : end;
}

const tokenPatterns: readonly (readonly [kind: Token["kind"], pattern: RegExp])[] = [
	["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
	["number", /[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y],
	["variable", /\$\w*/y],
	["field", /\.[\p{L}_][\p{L}\p{N}_]*/uy],
	["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
	["symbol", /:=|[=|().,]/y],
];

function lexAction(source: string, start: number, at: Position): { tokens: Token[]; end: number } {
	const tokens: Token[] = [];
	let offset = start;
	while (true) {
		const space = /\s*/y;
		space.lastIndex = offset;
		offset += space.exec(source)![0].length;
		if (source.startsWith("}}", offset)) return { tokens, end: offset + 2 };
		if (source.startsWith("-}}", offset)) return { tokens, end: -(offset + 3) };
		if (offset >= source.length) throw new TemplateError("parse", `template: :${at.line}: unclosed action`);
		const token = nextToken(source, offset);
		if (token === undefined)
			throw new TemplateError(
				"parse",
				`template: :${at.line}: unexpected ${JSON.stringify(source[offset])} in command`,
			);
		tokens.push(token);
		offset += token.text.length;
	}
}

function nextToken(source: string, offset: number): Token | undefined {
	for (const [kind, pattern] of tokenPatterns) {
		pattern.lastIndex = offset;
		const text = pattern.exec(source)?.[0];
		if (text === undefined) continue;
		if (kind === "string") return { kind, text, at: offset, value: unquote(text) };
		if (kind === "number") return { kind, text, at: offset, value: Number(text) };
		return { kind, text, at: offset };
	}
	return undefined;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", '"': '"' };

function unquote(text: string): string {
	if (text.startsWith("`")) return text.slice(1, -1);
	return text.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}
