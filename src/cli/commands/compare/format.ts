import type { Report } from "../../../compare/index.ts";

/** The report as the user wants to see it; ends with a newline. */
export async function formatReport(
	report: Report,
	{ format, toFile }: { readonly format: string; readonly toFile: boolean },
): Promise<string> {
	if (format === "json") return `${JSON.stringify(report, undefined, "\t")}\n`;
	if (format === "html") return (await import("./page.ts")).reportPage(report);
	const { reportTable } = await import("./table.ts");
	const { isTerminal } = await import("../../streams/session.ts");
	const color = !toFile && process.env["NO_COLOR"] === undefined && (await isTerminal(1));
	return reportTable(report, { color });
}
