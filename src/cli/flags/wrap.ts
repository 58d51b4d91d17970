/** Breaks each line of a text at words so that none is longer than the width. */
export function wrap(text: string, width: number): string {
	return text
		.split("\n")
		.map((line) => wrapLine(line, width))
		.join("\n");
}

function wrapLine(line: string, width: number): string {
	const lines: string[] = [];
	let current = "";
	for (const word of line.split(" ")) {
		if (current !== "" && current.length + 1 + word.length > width) {
			lines.push(current);
			current = word;
		} else current = current === "" ? word : `${current} ${word}`;
	}
	lines.push(current);
	return lines.join("\n");
}

/** Columns for help: the terminal's, within reason. */
export function helpWidth(): number {
	const columns = process.stdout.isTTY ? process.stdout.columns : 80;
	return Math.min(120, Math.max(60, columns || 80));
}
