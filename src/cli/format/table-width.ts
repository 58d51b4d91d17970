import { fstatSync } from "node:fs";

/** Columns of the terminal that stdout is; `undefined` when it is none, and tables keep their width. */
export async function tableWidth(): Promise<number | undefined> {
	// Loading the terminal module takes longer than a table: most outputs are pipes and are known by a stat.
	if (!fstatSync(1).isCharacterDevice()) return undefined;
	const { isatty } = await import("node:tty");
	return isatty(1) ? process.stdout.columns || undefined : undefined;
}
