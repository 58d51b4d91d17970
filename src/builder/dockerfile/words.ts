/** Splits at white space, but not inside of quotes; quotes and escapes stay. Dockerfile reference, "ENV" and "LABEL". */
export function splitWords(text: string, escapeToken: string): string[] {
	const words: string[] = [];
	let word = "";
	let quote = "";
	let isWord = false;
	for (let at = 0; at < text.length; at++) {
		const character = text[at]!;
		if (quote === "" && /\s/.test(character)) {
			if (isWord) words.push(word);
			word = "";
			isWord = false;
			continue;
		}
		isWord = true;
		if (character === escapeToken && quote !== "'" && at + 1 < text.length) {
			word += character + text[++at];
			continue;
		}
		if (quote === "" && (character === "'" || character === '"')) quote = character;
		else if (character === quote) quote = "";
		word += character;
	}
	if (isWord) words.push(word);
	return words;
}

/** The strings of a JSON array, `undefined` for what is none. `notStrings` is told of an array of other things. */
export function parseJsonForm(text: string, notStrings: () => never): string[] | undefined {
	if (!text.trimStart().startsWith("[")) return undefined;
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		// Then it is the shell's: [ is one of its commands.
		return undefined;
	}
	if (!Array.isArray(value)) return undefined;
	if (!value.every((item) => typeof item === "string")) notStrings();
	return value as string[];
}
