import type { Directives } from "./directives.ts";
import { readDirectives } from "./directives.ts";
import { DockerfileError, type SourceRange } from "./error.ts";
import { chompTabs, type Heredoc, heredocsOf } from "./heredoc.ts";

/** One instruction as it stands, put together from the lines that it goes over. */
export interface LogicalLine {
	readonly text: string;
	readonly range: SourceRange;
	readonly heredocs: readonly Heredoc[];
	/** An empty line inside of it, which a later version may not take. */
	readonly hasEmptyContinuation: boolean;
	/** The comment right above it, without `#`. */
	readonly comment: string;
}

const maxLines = 1_000_000;

/** Takes comments, continuations and here-documents apart. Errors: {@link DockerfileError}. */
export function logicalLines(text: string): { directives: Directives; lines: LogicalLine[] } {
	const raw = text.replace(/^\uFEFF/, "").split("\n");
	if (raw.at(-1) === "") raw.pop();
	if (raw.length > maxLines) throw at(`more than ${maxLines} lines`, { startLine: 1, endLine: 1 });
	const directives = readDirectives(raw, (message, line, word) => {
		throw at(message, { startLine: line, endLine: line }, word);
	});
	const source = { raw, next: 0, escapeToken: directives.escape };
	const lines: LogicalLine[] = [];
	let comment = "";
	while (source.next < raw.length) {
		const first = raw[source.next]!;
		if (isComment(first)) {
			comment = first.trim().slice(1).trim();
			source.next++;
			continue;
		}
		const line = readLine(source, comment);
		comment = "";
		if (line !== undefined) lines.push(line);
	}
	return { directives, lines };
}

interface Source {
	readonly raw: readonly string[];
	readonly escapeToken: "\\" | "`";
	/** Index of the line that is read next. */
	next: number;
}

function readLine(source: Source, comment: string): LogicalLine | undefined {
	const startLine = source.next + 1;
	let text = "";
	let hasEmptyContinuation = false;
	let goesOn = true;
	for (let isFirst = true; goesOn && source.next < source.raw.length; isFirst = false) {
		const raw = source.raw[source.next++]!.replace(/\r$/, "");
		if (!isFirst && isComment(raw)) continue;
		if (!isFirst && raw.trim() === "") {
			hasEmptyContinuation = true;
			continue;
		}
		const piece = withoutContinuation(isFirst ? raw.trimStart() : raw, source.escapeToken);
		text += piece.text;
		goesOn = piece.goesOn;
	}
	if (text.trim() === "") return undefined;
	const range = { startLine, endLine: source.next };
	const heredocs = canHaveHeredocs(text) ? readHeredocs(source, text, range) : [];
	return { text, range: { startLine, endLine: source.next }, heredocs, hasEmptyContinuation, comment };
}

function withoutContinuation(line: string, escapeToken: string): { text: string; goesOn: boolean } {
	const trimmed = line.replace(/[ \t]+$/, "");
	const goesOn = trimmed.endsWith(escapeToken) && !trimmed.endsWith(escapeToken + escapeToken);
	return goesOn ? { text: trimmed.slice(0, -1), goesOn } : { text: line, goesOn };
}

function isComment(line: string): boolean {
	return line.trimStart().startsWith("#");
}

/** `RUN`, `COPY` and `ADD`, also behind `ONBUILD`; a JSON array has none. */
function canHaveHeredocs(text: string): boolean {
	const match = /^\s*(?:onbuild\s+)?(?:run|copy|add)\s+(.*)$/is.exec(text);
	if (match === null) return false;
	const rest = match[1]!.trimStart();
	if (!rest.startsWith("[")) return true;
	try {
		return !Array.isArray(JSON.parse(rest));
	} catch {
		return true;
	}
}

function readHeredocs(source: Source, text: string, range: SourceRange): Heredoc[] {
	return heredocsOf(text, source.escapeToken).map((start) => {
		let content = "";
		while (source.next < source.raw.length) {
			const raw = source.raw[source.next++]!;
			const end = raw.replace(/\r$/, "");
			if ((start.chomp ? end.replace(/^\t+/, "") : end) === start.name)
				return { ...start, content: start.chomp ? chompTabs(content) : content };
			content += `${raw}\n`;
		}
		throw at(`unterminated heredoc ${start.name}`, range, start.name);
	});
}

function at(message: string, range: SourceRange, word?: string): DockerfileError {
	return new DockerfileError(message, { range, word });
}
