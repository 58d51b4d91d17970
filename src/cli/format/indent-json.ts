/**
 * A JSON document indented, its text otherwise untouched: numbers too big for JavaScript, the order of keys and the
 * engine's spelling are what they were. Empty objects and lists stay on one line, as Go writes them.
 */
export function indentJson(text: string, depth = 0): string {
	let indented = "";
	let level = depth;
	const newline = () => `\n${"    ".repeat(level)}`;
	const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
	tokens.forEach((token, index) => {
		if (token === "{" || token === "[") {
			level++;
			const empty = tokens[index + 1] === "}" || tokens[index + 1] === "]";
			indented += empty ? token : token + newline();
		} else if (token === "}" || token === "]") {
			level--;
			const empty = tokens[index - 1] === "{" || tokens[index - 1] === "[";
			indented += empty ? token : newline() + token;
		} else if (token === ",") indented += token + newline();
		else if (token === ":") indented += ": ";
		else indented += token;
	});
	return indented;
}
