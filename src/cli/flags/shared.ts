import { parseFilter } from "./values.ts";

/** Flags that many commands have. */

/** `--filter key=value` of a list. */
export const filterFlag = {
	kind: "list",
	name: "filter",
	short: "f",
	word: "filter",
	parse: parseFilter,
	completes: "none",
	help: "Show those that match (key=value)",
} as const;

/** `--filter key=value` of what removes many at once: `-f` is its `--force`. */
export const pruneFilterFlag = {
	kind: "list",
	name: "filter",
	word: "filter",
	parse: parseFilter,
	completes: "none",
	help: "Remove those that match (key=value)",
} as const;

export const doNotAskFlag = { kind: "switch", name: "force", short: "f", help: "Do not ask" } as const;

/** `--format` of a list. */
export const listFormatFlag = {
	kind: "text",
	name: "format",
	completes: "none",
	help: "table, json, 'table TEMPLATE' or a Go template",
} as const;
