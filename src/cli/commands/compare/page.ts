import type { Report } from "../../../compare/index.ts";
import { binarySize, decimalSize } from "../../format/units.ts";
import { escapeHtml } from "./escape-html.ts";
import { pageStyle } from "./page-style.ts";
import { plot } from "./plot.ts";
import {
	type Cell,
	choiceTitle,
	machinesText,
	type Row,
	type Section,
	sectionsOf,
	subjectTitle,
} from "./rows.ts";

/** The report as one HTML file: no script, nothing from the network, for light and dark and for paper. */
export function reportPage(report: Report): string {
	const sections = sectionsOf(report);
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(report.image.reference)}: process or virtual machine</title>
<style>${pageStyle}</style>
<header>
<h1>${escapeHtml(report.image.reference)}</h1>
<p>${escapeHtml(introduction(report))}</p>
<p class="legend">${report.subjects.map((subject, index) => `<span class="key s${index}"></span>${escapeHtml(subjectTitle(subject))}`).join(" ")}</p>
</header>
<main>
${failures(report)}
<section><h2>At a glance</h2><div class="plots">${plots(report, sections)}</div></section>
${sections.map((section) => sectionTable(report, section)).join("\n")}
${choices(report)}
<section><h2>Notes</h2><ul>${report.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul></section>
</main>
</html>
`;
}

function introduction({ image, command, host, machines, takenAt, runs }: Report): string {
	return [
		`${decimalSize(image.sizeBytes, 3)}, command: ${command?.join(" ") ?? "none"}.`,
		`Measured ${takenAt.slice(0, 16).replace("T", " ")} UTC on ${host.CpuCount} × ${host.CpuModel},`,
		`${binarySize(host.MemoryTotalBytes)} of memory, kernel ${host.KernelRelease}; medians of ${runs}.`,
		...(machines === undefined ? [] : [`Machines: ${machinesText(machines)}.`]),
	].join(" ");
}

function failures({ subjects }: Report): string {
	return subjects
		.filter(({ failure }) => failure !== undefined)
		.map(
			(subject) =>
				`<p class="failure">${escapeHtml(`${subjectTitle(subject)} was not measured to the end: ${subject.failure}`)}</p>`,
		)
		.join("\n");
}

/** A plot for each quantity that at least one subject has. */
function plots(report: Report, sections: readonly Section[]): string {
	const names = report.subjects.map(subjectTitle);
	return sections
		.flatMap(({ rows }) => rows)
		.filter(({ better }) => better !== undefined)
		.map((row) => plot(row, names))
		.join("\n");
}

function sectionTable(report: Report, { title, rows }: Section): string {
	const heads = report.subjects.map((subject) => `<th scope="col">${escapeHtml(subjectTitle(subject))}</th>`);
	return `<section><h2>${escapeHtml(title)}</h2>
<table><thead><tr><td></td>${heads.join("")}</tr></thead>
<tbody>${rows.map(tableRow).join("\n")}</tbody></table></section>`;
}

function tableRow({ title, cells }: Row): string {
	return `<tr><th scope="row">${escapeHtml(title)}</th>${cells.map(tableCell).join("")}</tr>`;
}

function tableCell(cell: Cell | undefined): string {
	if (cell === undefined) return `<td class="none">–</td>`;
	return `<td${cell.verdict === undefined ? "" : ` class="${cell.verdict}"`}>${escapeHtml(cell.text)}</td>`;
}

function choices({ choices: all }: Report): string {
	const items = all.map(
		(choice) =>
			`<dt>${escapeHtml(choiceTitle(choice))}</dt><dd><ul>${choice.because.map((reason) => `<li>${escapeHtml(reason)}</li>`).join("")}</ul></dd>`,
	);
	return `<section><h2>Which hull for what</h2><dl>${items.join("\n")}</dl></section>`;
}
