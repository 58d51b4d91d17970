import { TemplateError } from "./error.ts";
import { functions } from "./functions.ts";
import { lexTemplate, type Piece, type Position, type Token } from "./lex.ts";

export type Node =
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "print"; readonly pipeline: Pipeline }
	| {
			readonly kind: "if" | "with" | "range";
			readonly pipeline: Pipeline;
			readonly body: readonly Node[];
			readonly otherwise: readonly Node[];
	  };

export interface Pipeline {
	/** Variables that get the value: one, or index and element of a range. */
	readonly variables: readonly string[];
	/** `=` instead of `:=`. */
	readonly assigns: boolean;
	/** Each one's result is the last argument of the next. */
	readonly commands: readonly (readonly Operand[])[];
	readonly at: Position;
}

/** `fields` are read from the value one after another. */
export type Operand = { readonly text: string; readonly fields: readonly string[] } & (
	| { readonly kind: "dot" | "nil" }
	| { readonly kind: "variable"; readonly name: string }
	| { readonly kind: "literal"; readonly value: unknown }
	| { readonly kind: "function"; readonly name: string }
	| { readonly kind: "pipeline"; readonly pipeline: Pipeline }
);

export function parseTemplate(source: string): Node[] {
	const state = { pieces: lexTemplate(source), index: 0 };
	const { nodes, end } = parseNodes(state);
	if (end !== undefined) fail(end.at, `unexpected {{${end.word}}}`);
	return nodes;
}

interface PieceState {
	readonly pieces: readonly Piece[];
	index: number;
}

/** What closed a list of nodes: `end`, or `else` with the tokens after it. */
interface Closer {
	readonly word: "end" | "else";
	readonly tokens: readonly Token[];
	readonly at: Position;
}

function parseNodes(state: PieceState): { nodes: Node[]; end: Closer | undefined } {
	const nodes: Node[] = [];
	while (state.index < state.pieces.length) {
		const piece = state.pieces[state.index++]!;
		if (piece.kind === "text") {
			nodes.push(piece);
			continue;
		}
		const [first, ...rest] = piece.tokens;
		if (first === undefined) fail(piece.at, "missing value for command");
		if (first.kind !== "word") {
			nodes.push({ kind: "print", pipeline: parsePipeline(piece.tokens, piece.at) });
			continue;
		}
		if (first.text === "end" || first.text === "else")
			return { nodes, end: { word: first.text, tokens: rest, at: piece.at } };
		if (first.text === "if" || first.text === "with" || first.text === "range")
			nodes.push(parseBlock(state, { kind: first.text, tokens: rest, at: piece.at }));
		else nodes.push({ kind: "print", pipeline: parsePipeline(piece.tokens, piece.at) });
	}
	return { nodes, end: undefined };
}

type BlockStart = { kind: "if" | "with" | "range"; tokens: readonly Token[]; at: Position };

function parseBlock(state: PieceState, { kind, tokens, at }: BlockStart): Node {
	if (tokens.length === 0) fail(at, `missing value for ${kind}`);
	const pipeline = parsePipeline(tokens, at);
	const { nodes: body, end } = parseNodes(state);
	if (end === undefined) fail(at, "unexpected EOF");
	if (end.word === "end") return { kind, pipeline, body, otherwise: [] };
	const [next, ...rest] = end.tokens;
	if (next?.kind === "word" && (next.text === "if" || next.text === "with"))
		return {
			kind,
			pipeline,
			body,
			otherwise: [parseBlock(state, { kind: next.text, tokens: rest, at: end.at })],
		};
	const { nodes: otherwise, end: last } = parseNodes(state);
	if (last?.word !== "end")
		fail(end.at, last === undefined ? "unexpected EOF" : "expected end; found {{else}}");
	return { kind, pipeline, body, otherwise };
}

interface TokenState {
	readonly tokens: readonly Token[];
	readonly at: Position;
	index: number;
}

function parsePipeline(tokens: readonly Token[], at: Position): Pipeline {
	const state: TokenState = { tokens, at, index: 0 };
	const pipeline = takePipeline(state);
	const rest = state.tokens[state.index];
	if (rest !== undefined) fail(at, `unexpected ${JSON.stringify(rest.text)} in command`);
	return pipeline;
}

function takePipeline(state: TokenState): Pipeline {
	const { variables, assigns } = takeVariables(state);
	const commands: Operand[][] = [];
	while (true) {
		const command = takeCommand(state);
		if (command.length === 0) fail(state.at, "missing value for command");
		commands.push(command);
		if (!takeSymbol(state, "|")) return { variables, assigns, commands, at: state.at };
	}
}

function takeVariables(state: TokenState): { variables: string[]; assigns: boolean } {
	const [first, second, third, fourth] = state.tokens.slice(state.index, state.index + 4);
	if (first?.kind === "variable" && isOneOf(second, ":=", "=")) {
		state.index += 2;
		return { variables: [first.text], assigns: second!.text === "=" };
	}
	if (first?.kind !== "variable" || !isOneOf(second, ",")) return { variables: [], assigns: false };
	if (third?.kind !== "variable" || !isOneOf(fourth, ":=", "=")) return { variables: [], assigns: false };
	state.index += 4;
	return { variables: [first.text, third.text], assigns: fourth!.text === "=" };
}

function isOneOf(token: Token | undefined, ...symbols: string[]): boolean {
	return token?.kind === "symbol" && symbols.includes(token.text);
}

function takeSymbol(state: TokenState, symbol: string): boolean {
	if (!isOneOf(state.tokens[state.index], symbol)) return false;
	state.index++;
	return true;
}

function takeCommand(state: TokenState): Operand[] {
	const operands: Operand[] = [];
	while (true) {
		const token = state.tokens[state.index];
		if (token === undefined || isOneOf(token, "|", ")", ",", ":=", "=")) return operands;
		operands.push(takeOperand(state, token));
	}
}

function takeOperand(state: TokenState, token: Token): Operand {
	state.index++;
	switch (token.kind) {
		case "string":
		case "number":
			return { kind: "literal", value: token.value, text: token.text, fields: [] };
		case "variable":
			return withFields(state, token, { kind: "variable", name: token.text });
		case "field":
			return withFields(state, token, { kind: "dot" }, [token.text.slice(1)]);
		case "word":
			return wordOperand(state, token);
		case "symbol":
			if (token.text === ".") return { kind: "dot", text: ".", fields: [] };
			if (token.text === "(") return parenthesised(state, token);
			return fail(state.at, `unexpected ${JSON.stringify(token.text)} in operand`);
		default:
			return token satisfies never;
	}
}

function parenthesised(state: TokenState, token: Token): Operand {
	const pipeline = takePipeline(state);
	if (!takeSymbol(state, ")")) fail(state.at, "unclosed left paren");
	return withFields(state, token, { kind: "pipeline", pipeline });
}

const words: Readonly<Record<string, unknown>> = { true: true, false: false };

function wordOperand(state: TokenState, token: Token): Operand {
	if (token.text === "nil") return { kind: "nil", text: "nil", fields: [] };
	if (Object.hasOwn(words, token.text))
		return { kind: "literal", value: words[token.text], text: token.text, fields: [] };
	if (!Object.hasOwn(functions, token.text))
		fail(state.at, `function ${JSON.stringify(token.text)} not defined`);
	return { kind: "function", name: token.text, text: token.text, fields: [] };
}

type Base = { kind: "dot" } | { kind: "variable"; name: string } | { kind: "pipeline"; pipeline: Pipeline };

/** Fields that follow without a space belong to the operand: `$x.Name`, `(index . 0).Name`. */
function withFields(state: TokenState, token: Token, base: Base, fields: string[] = []): Operand {
	let text = token.text;
	let previous = state.tokens[state.index - 1]!;
	while (true) {
		const next = state.tokens[state.index];
		if (next?.kind !== "field" || next.at !== previous.at + previous.text.length) break;
		fields.push(next.text.slice(1));
		text += next.text;
		previous = next;
		state.index++;
	}
	return { ...base, text, fields };
}

function fail(at: Position, message: string): never {
	throw new TemplateError("parse", `template: :${at.line}: ${message}`);
}
