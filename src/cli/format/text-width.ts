/** Cells that a text takes on a terminal, near enough: wide characters count two, combining ones none. */
export function textWidth(text: string): number {
	// Nearly all texts are plain.
	if (/^[\x20-\x7e]*$/.test(text)) return text.length;
	let width = 0;
	for (const character of text) width += characterWidth(character.codePointAt(0)!);
	return width;
}

function characterWidth(code: number): number {
	if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
	if (code >= 0x300 && code <= 0x36f) return 0;
	if (code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
	const wide =
		(code >= 0x1100 && code <= 0x115f) ||
		(code >= 0x2e80 && code <= 0xa4cf) ||
		(code >= 0xac00 && code <= 0xd7a3) ||
		(code >= 0xf900 && code <= 0xfaff) ||
		(code >= 0xfe30 && code <= 0xfe6f) ||
		(code >= 0xff00 && code <= 0xff60) ||
		(code >= 0x1f300 && code <= 0x1faff) ||
		(code >= 0x20000 && code <= 0x3fffd);
	return wide ? 2 : 1;
}

/** The text, cut to the width with an ellipsis. */
export function ellipsis(text: string, width: number): string {
	if (textWidth(text) <= width) return text;
	if (width <= 1) return text.slice(0, width);
	let taken = "";
	let used = 0;
	for (const character of text) {
		const cells = characterWidth(character.codePointAt(0)!);
		if (used + cells > width - 1) break;
		taken += character;
		used += cells;
	}
	return `${taken}…`;
}
