import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../lib/index.ts";
import type { ExitRecord, TaskLocation } from "../contract.ts";
import { parseExitRecord } from "../session/index.ts";

/** `<stateDir>/exit.json`, or `undefined` when there is none. `corrupt` when it does not parse. */
export function readExit(location: TaskLocation): ExitRecord | undefined {
	const path = join(location.stateDir, "exit.json");
	try {
		return parseExitRecord(readFileSync(path, "utf8"), path);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}

/** How a task ended whose supervisor does not say so: by its record, or as lost (killed, as far as we know). */
export function lostExit(location: TaskLocation, startedAt: string | undefined): ExitRecord {
	const record = readExit(location);
	if (record !== undefined) return record;
	const now = new Date().toISOString();
	return { exitCode: 137, oomKilled: false, startedAt: startedAt ?? now, finishedAt: now, lost: true };
}
