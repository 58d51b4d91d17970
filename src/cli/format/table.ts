import { ellipsis, textWidth } from "./text-width.ts";

const gap = 3;
const minimumCells = 10;

/**
 * Columns as Docker's tables have them: as wide as their widest cell and three spaces, at least ten; the last column
 * is not padded. With `width`, the widest columns are cut until a line fits the terminal.
 */
export function formatTable(
	rows: readonly (readonly string[])[],
	{ width, minimum = minimumCells }: { width?: number | undefined; minimum?: number } = {},
): string {
	const widths = columnWidths(rows);
	const limits = width === undefined ? widths : fitted(widths, width);
	return rows.map((row) => `${formatRow(row, limits, minimum)}\n`).join("");
}

function formatRow(row: readonly string[], widths: readonly number[], minimum: number): string {
	let line = "";
	for (let column = 0; column < row.length; column++) {
		const width = widths[column]!;
		const cell = ellipsis(row[column]!, width);
		if (column === row.length - 1) line += cell;
		else line += cell + " ".repeat(Math.max(width + gap, minimum) - textWidth(cell));
	}
	return line;
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
	const widths: number[] = [];
	for (const row of rows) {
		for (let column = 0; column < row.length; column++)
			widths[column] = Math.max(widths[column] ?? 0, textWidth(row[column]!));
	}
	return widths;
}

/** Narrowest a column may get: an id, a short name. */
const narrowest = 12;

function fitted(widths: readonly number[], available: number): number[] {
	const limits = [...widths];
	const padded = (width: number, column: number) =>
		column === limits.length - 1 ? width : Math.max(width + gap, minimumCells);
	while (true) {
		const excess = limits.map(padded).reduce((sum, width) => sum + width, 0) - available;
		if (excess <= 0) return limits;
		const widest = limits.indexOf(Math.max(...limits));
		if (limits[widest]! <= narrowest) return limits;
		limits[widest] = Math.max(narrowest, limits[widest]! - Math.max(1, Math.min(excess, 8)));
	}
}
