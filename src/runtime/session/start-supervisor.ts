import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import { createSocketPair, spawnProcess, streamSocket } from "../../sys/index.ts";
import type { TaskLocation } from "../contract.ts";
import { Connection } from "./connection.ts";

/**
 * Starts hull-shim for a task, whose folders are there. `command` is the program and what comes before the task's own
 * arguments; `descriptors` are inherited from 4 on and stay the caller's. Errors: `runtime_failed`.
 */
export function startSupervisor(
	location: TaskLocation,
	start: { readonly command: readonly string[]; readonly descriptors: readonly number[] },
): Connection {
	const { id, runDir, stateDir } = location;
	const [ours, theirs] = createSocketPair();
	const errors = openSync(join(runDir, "shim.log"), "a", 0o600);
	try {
		spawnProcess(
			[...start.command, id, runDir, stateDir],
			[null, null, errors, theirs, ...start.descriptors],
		);
	} catch (error) {
		closeSync(ours);
		throw new EngineError("runtime_failed", `cannot start the supervisor ${start.command[0]}`, {
			cause: error,
		});
	} finally {
		closeSync(errors);
		closeSync(theirs);
	}
	return new Connection(streamSocket(ours), id);
}
