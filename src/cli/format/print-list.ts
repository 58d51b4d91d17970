import type { CommandContext } from "../context.ts";
import { formatTable } from "./table.ts";
import { tableWidth } from "./table-width.ts";
import { headerObject, type View, viewObject } from "./view.ts";

export interface ListOptions<Item> {
	readonly view: View<Item>;
	/** Columns of the table when no format is given. */
	readonly columns: readonly string[];
	/** `--format`, or the configuration's. */
	readonly format: string | undefined;
	/** Print this column alone. */
	readonly only?: string;
	/** Tables keep their width. */
	readonly noTrunc?: boolean;
}

/** Prints objects as a table, as JSON lines, or by a Go template. */
export async function printList<Item>(
	context: CommandContext,
	items: readonly Item[],
	options: ListOptions<Item>,
): Promise<void> {
	const text = await formatList(items, options);
	if (text !== "") context.out(text);
}

export async function formatList<Item>(items: readonly Item[], options: ListOptions<Item>): Promise<string> {
	const { view, columns, format, only } = options;
	if (format === undefined || format === "" || format === "table") {
		if (only !== undefined) return items.map((item) => `${view[only]!.get(item)}\n`).join("");
		const rows = [
			columns.map((name) => view[name]!.header),
			...items.map((item) => columns.map((name) => String(view[name]!.get(item)))),
		];
		return formatTable(rows, { width: options.noTrunc ? undefined : await tableWidth() });
	}
	const { templateFor } = await import("./template/fill.ts");
	if (format === "json") return items.map((item) => `${jsonLine(viewObject(view, item))}\n`).join("");
	const isTable = /^table\s/.test(format);
	const template = templateFor(unescapeFormat(isTable ? format.replace(/^table\s+/, "") : format));
	const objects = items.map((item) => viewObject(view, item));
	const lines = [...(isTable ? [headerObject(view)] : []), ...objects].map((object) => template(object));
	if (!isTable) return lines.map((line) => `${line}\n`).join("");
	return formatTable(
		lines.flatMap((line) => line.split("\n").map((part) => part.split("\t"))),
		{ width: options.noTrunc ? undefined : await tableWidth() },
	);
}

function jsonLine(object: Record<string, unknown>): string {
	return JSON.stringify(Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** `\t` and `\n` as users type them in shells that do not. */
export function unescapeFormat(format: string): string {
	return format.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}
