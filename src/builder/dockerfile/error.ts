import { EngineError } from "../../lib/index.ts";

/** Lines of a Dockerfile, from 1, both included. */
export interface SourceRange {
	readonly startLine: number;
	readonly endLine: number;
}

/** What is wrong with a Dockerfile, and where. Its message is complete: {@link explain} adds the lines. */
export class DockerfileError extends EngineError {
	readonly range: SourceRange;
	/** The word that is wrong, when it is one; a caret is put below it. */
	readonly word: string | undefined;

	constructor(message: string, at: { readonly range: SourceRange; readonly word?: string | undefined }) {
		super("invalid_argument", `dockerfile parse error on line ${at.range.startLine}: ${message}`);
		this.name = "DockerfileError";
		this.range = at.range;
		this.word = at.word;
	}
}

const around = 2;

/** The lines that an error is about, with their neighbours and a caret below the word that is wrong. */
export function explain(
	error: DockerfileError,
	source: { readonly name: string; readonly text: string },
): string {
	const lines = source.text.split("\n");
	const { startLine, endLine } = error.range;
	const first = Math.max(1, startLine - around);
	const last = Math.min(lines.length, endLine + around);
	const rule = "-".repeat(20);
	const shown: string[] = [];
	let needsCaret = error.word !== undefined && error.word !== "";
	for (let number = first; number <= last; number++) {
		const line = (lines[number - 1] ?? "").replace(/\r$/, "");
		const isMeant = number >= startLine && number <= endLine;
		const gutter = `${String(number).padStart(4)} | ${isMeant ? ">>>" : "   "} `;
		shown.push(`${gutter}${line}`.trimEnd());
		const column = isMeant && needsCaret ? line.indexOf(error.word!) : -1;
		if (column < 0) continue;
		needsCaret = false;
		const indent = line.slice(0, column).replaceAll(/[^\t]/g, " ");
		shown.push(`${" ".repeat(gutter.length)}${indent}${"^".repeat(Math.min(error.word!.length, 60))}`);
	}
	return [`${source.name}:${startLine}`, rule, ...shown, rule, error.message].join("\n");
}
