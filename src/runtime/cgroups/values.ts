import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../../lib/index.ts";

/** The text of a group's file; `undefined` when the controller, the file or the group is not there. */
export function readValue(folder: string | undefined, file: string): string | undefined {
	if (folder === undefined) return undefined;
	try {
		return readFileSync(join(folder, file), "latin1").trim();
	} catch (error) {
		// Files come and go with the group; some (blkio, memory.peak) depend on the kernel.
		if (["ENOENT", "ENODEV", "EOPNOTSUPP"].includes(errnoOf(error) ?? "")) return undefined;
		throw error;
	}
}

/** A number; 0 when the file is not there or says `max`. */
export function readCounter(folder: string | undefined, file: string): number {
	return counter(readValue(folder, file) ?? "0");
}

/** Lines `key number`. */
export function readKeyed(folder: string | undefined, file: string): Map<string, number> {
	const values = new Map<string, number>();
	for (const line of (readValue(folder, file) ?? "").split("\n")) {
		const space = line.indexOf(" ");
		if (space > 0) values.set(line.slice(0, space), counter(line.slice(space + 1)));
	}
	return values;
}

/** Writes a limit. Errors: `invalid_argument` with the kernel's refusal, naming the file. */
export function writeValue(folder: string | undefined, file: string, value: string): void {
	if (folder === undefined)
		throw new EngineError("invalid_argument", `${file} cannot be set: the cgroup controller is not mounted`);
	try {
		writeFileSync(join(folder, file), value);
	} catch (cause) {
		throw new EngineError(
			"invalid_argument",
			`${file} cannot be set to ${value}: ${errnoOf(cause) ?? cause}`,
			{
				cause,
			},
		);
	}
}

function counter(text: string): number {
	const number = Number(text);
	return Number.isFinite(number) ? number : 0;
}
