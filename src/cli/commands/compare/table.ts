import type { Report } from "../../../compare/index.ts";
import { ellipsis, textWidth } from "../../format/text-width.ts";
import { binarySize, decimalSize } from "../../format/units.ts";
import { type Cell, choiceTitle, machinesText, type Row, sectionsOf, subjectTitle } from "./rows.ts";

const titleWidth = 38;
const cellWidth = 34;
const barWidth = 16;

/** The report for a terminal: a column for each hull, quantities with bars. A bar's full length is the row's largest. */
export function reportTable(report: Report, { color }: { readonly color: boolean }): string {
	const lines = [
		...heading(report),
		"",
		padded("", titleWidth) +
			report.subjects.map((subject) => padded(subjectTitle(subject), cellWidth)).join(""),
	];
	for (const { title, rows } of sectionsOf(report)) {
		lines.push("", color ? `\u001b[1m${title}\u001b[0m` : title);
		for (const row of rows) lines.push(rowLine(row, color));
	}
	for (const { hull, failure } of report.subjects)
		if (failure !== undefined) lines.push("", `${hull} was not measured to the end: ${failure}`);
	lines.push("", "Which hull for what");
	for (const choice of report.choices) {
		lines.push(`  ${choiceTitle(choice)}`);
		for (const reason of choice.because) lines.push(`    - ${reason}`);
	}
	lines.push("", ...report.notes.map((note) => `Note: ${note}`));
	return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function heading({ image, command, host, machines }: Report): string[] {
	return [
		`${image.reference} (${decimalSize(image.sizeBytes, 3)}), command: ${command?.join(" ") ?? "none"}`,
		`on ${host.CpuCount} × ${host.CpuModel}, ${binarySize(host.MemoryTotalBytes)} of memory, kernel ${host.KernelRelease}`,
		...(machines === undefined ? [] : [machinesText(machines)]),
	];
}

function rowLine(row: Row, color: boolean): string {
	const largest = Math.max(...row.cells.map((cell) => cell?.value ?? 0));
	const cells = row.cells.map((cell) => cellText(cell, largest));
	const line = cells.map((text, index) => colored(padded(text, cellWidth), row.cells[index], color)).join("");
	return padded(`  ${row.title}`, titleWidth) + line;
}

function cellText(cell: Cell | undefined, largest: number): string {
	if (cell === undefined) return "-";
	if (cell.value === undefined) return cell.text;
	return `${padded(cell.text, 12)}${bar(cell.value, largest)}`;
}

const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function bar(value: number, largest: number): string {
	const length = largest > 0 ? Math.max(1, Math.round((value / largest) * barWidth * 8)) : 0;
	return "█".repeat(length >> 3) + eighths[length % 8];
}

const verdictColors = { host: 33, own: 32, denied: 32 };

function colored(text: string, cell: Cell | undefined, color: boolean): string {
	if (!color || cell?.verdict === undefined) return text;
	return `\u001b[${verdictColors[cell.verdict]}m${text}\u001b[0m`;
}

/** At least one blank stays between columns. */
function padded(text: string, width: number): string {
	const cut = ellipsis(text, width - 1);
	return cut + " ".repeat(Math.max(0, width - textWidth(cut)));
}
