import { splitWords } from "./words.ts";

/** Text that follows an instruction. Dockerfile reference, "Here-Documents". */
export interface Heredoc {
	readonly name: string;
	/** Variables in it stand for their values: the name was not quoted. */
	readonly expand: boolean;
	/** `<<-`: tabs at the start of lines do not count. */
	readonly chomp: boolean;
	/** As `3<<EOF`; 0 is usual. */
	readonly fd: number;
	/** With its last newline; tabs are gone when `chomp`. */
	readonly content: string;
}

export type HeredocStart = Omit<Heredoc, "content">;

/** The documents that a line announces, in order. */
export function heredocsOf(line: string, escapeToken: string): HeredocStart[] {
	if (!line.includes("<<")) return [];
	return splitWords(line, escapeToken).flatMap((word) => parseHeredocWord(word) ?? []);
}

/** `<<EOF`, `<<-"EOF"`, `3<<EOF`; `undefined` for any other word. */
export function parseHeredocWord(word: string): HeredocStart | undefined {
	const match = /^(\d*)<<(-?)([^<]+)$/.exec(word);
	if (match === null) return undefined;
	const [, fd, dash, quoted] = match as unknown as [string, string, string, string];
	const name = unquote(quoted);
	if (name === undefined || name === "") return undefined;
	return { name, expand: name === quoted, chomp: dash === "-", fd: Number(fd || 0) };
}

/** Without quotes and escapes; `undefined` when a quote is not closed. */
function unquote(text: string): string | undefined {
	let plain = "";
	let quote = "";
	for (let at = 0; at < text.length; at++) {
		const character = text[at]!;
		if (character === "\\" && quote !== "'" && at + 1 < text.length) plain += text[++at];
		else if (quote === "" && (character === "'" || character === '"')) quote = character;
		else if (character === quote) quote = "";
		else plain += character;
	}
	return quote === "" ? plain : undefined;
}

export function chompTabs(text: string): string {
	return text.replaceAll(/^\t+/gm, "");
}
