import { isEngineError } from "../../lib/index.ts";
import { connectIn } from "../../sys/index.ts";
import type { Task, TaskLocation } from "../contract.ts";
import { Connection, runningState, SupervisedTask } from "../session/index.ts";
import type { ProcessContext } from "./context.ts";
import { processHull } from "./hull.ts";

/** Connects to a supervisor that outlived the daemon; `undefined` when it is gone, or its task does not run. */
export async function openTask(context: ProcessContext, location: TaskLocation): Promise<Task | undefined> {
	const socket = await connectIn(location.runDir, "shim.sock");
	if (socket === undefined) return undefined;
	const connection = new Connection(socket, location.id);
	try {
		const state = await runningState(connection);
		if (state === undefined) {
			connection.destroy();
			return undefined;
		}
		const hull = processHull(context, location);
		return new SupervisedTask(location, connection, { hull, program: "", state });
	} catch (error) {
		connection.destroy();
		// It left between the connection and the answer.
		if (isEngineError(error, "unavailable")) return undefined;
		throw error;
	}
}
