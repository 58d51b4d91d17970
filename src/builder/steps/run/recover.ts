import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, removeTreeSync } from "../../../lib/index.ts";
import type { RuntimeDriver, TaskLocation } from "../../../runtime/index.ts";

interface Roots {
	readonly dataRoot: string;
	readonly runRoot: string;
}

/** Where a RUN keeps its things while it runs. */
export function runLocation({ dataRoot, runRoot }: Roots, id: string): TaskLocation {
	return { id, stateDir: join(dataRoot, "builder", "runs", id), runDir: join(runRoot, "builds", id) };
}

/** Ends the runs of a daemon that died, and removes what they had. Nobody runs meanwhile. */
export async function recoverRuns(roots: Roots, drivers: readonly RuntimeDriver[]): Promise<void> {
	const runs = join(roots.runRoot, "builds");
	for (const id of namesIn(runs)) {
		const location = runLocation(roots, id);
		const driver = drivers.find((one) => one.owns(location)) ?? drivers.at(-1)!;
		await driver.cleanup(location);
	}
	for (const folder of [runs, join(roots.dataRoot, "builder", "runs"), join(roots.runRoot, "build-agents")])
		removeTreeSync(folder);
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return [];
		throw error;
	}
}
