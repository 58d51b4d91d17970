import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import { createSocketPair, spawnProcess, streamSocket } from "../../sys/index.ts";
import type { TaskLocation } from "../contract.ts";
import { Connection } from "./connection.ts";

/**
 * Starts hull-shim for a task, whose folders are there. `command` is the program and what comes before the task's own
 * arguments; `trees` and then `descriptors` are inherited from 4 on and stay the caller's. Errors: `runtime_failed`.
 */
export function startSupervisor(
	location: TaskLocation,
	start: {
		readonly command: readonly [string, ...string[]];
		readonly trees?: readonly number[] | undefined;
		readonly descriptors: readonly number[];
	},
): Connection {
	const { id, runDir, stateDir } = location;
	const { trees = [], descriptors } = start;
	const [program, ...mode] = start.command;
	const counted = trees.length === 0 ? [] : ["--trees", String(trees.length)];
	const [ours, theirs] = createSocketPair();
	const errors = openSync(join(runDir, "shim.log"), "a", 0o600);
	try {
		spawnProcess(
			[program, ...counted, ...mode, id, runDir, stateDir],
			[null, null, errors, theirs, ...trees, ...descriptors],
		);
	} catch (error) {
		closeSync(ours);
		throw new EngineError("runtime_failed", `cannot start the supervisor ${program}`, {
			cause: error,
		});
	} finally {
		closeSync(errors);
		closeSync(theirs);
	}
	return new Connection(streamSocket(ours), id);
}
