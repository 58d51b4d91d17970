import { escapeHtml } from "./escape-html.ts";
import type { Row } from "./rows.ts";

const width = 320;
const barHeight = 22;
const gap = 6;
const labelHeight = 22;
/** Room for the figure behind the longest bar. */
const barRoom = 220;

/** One quantity as horizontal bars, one for each subject, from zero: lengths can be compared by eye. */
export function plot({ title, cells, better }: Row, names: readonly string[]): string {
	const largest = Math.max(...cells.map((cell) => cell?.value ?? 0), Number.MIN_VALUE);
	const height = labelHeight + cells.length * (barHeight + gap);
	const bars = cells.map((cell, index) => {
		const y = labelHeight + index * (barHeight + gap);
		if (cell?.value === undefined) return `<text class="figure" x="4" y="${y + 16}">not measured</text>`;
		const length = Math.max(2, Math.round((cell.value / largest) * barRoom));
		return `<rect class="s${index}" x="0" y="${y}" width="${length}" height="${barHeight}" rx="2"/><text class="figure" x="${length + 6}" y="${y + 16}">${escapeHtml(cell.text)}</text>`;
	});
	const spoken = cells.map((cell, index) => `${names[index]} ${cell?.text ?? "not measured"}`).join(", ");
	return `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(`${title}: ${spoken}`)}"><text class="title" x="0" y="14">${escapeHtml(title)} <tspan class="hint">${better === "less" ? "less is better" : "more is better"}</tspan></text>${bars.join("")}</svg></figure>`;
}
