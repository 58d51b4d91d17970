import { isEngineError } from "../../lib/index.ts";
import { connectIn } from "../../sys/index.ts";
import type { Task, TaskLocation } from "../contract.ts";
import { Connection, runningState, SupervisedTask } from "../session/index.ts";
import type { VmContext } from "./context.ts";
import { vmHull } from "./hull.ts";
import { readMachineFile } from "./machine-file.ts";
import { recoverSave } from "./save/recover-save.ts";

/** Connects to a supervisor that outlived the daemon; `undefined` when it is gone, or its task does not run. */
export async function openTask(context: VmContext, location: TaskLocation): Promise<Task | undefined> {
	const socket = await connectIn(location.runDir, "shim.sock");
	if (socket === undefined) return undefined;
	const connection = new Connection(socket, location.id);
	try {
		const state = await runningState(connection);
		if (state === undefined) {
			connection.destroy();
			return undefined;
		}
		const file = readMachineFile(location.runDir);
		if (file !== undefined) context.users.keep(location.id, file.uid);
		await recoverSave(context, location, connection);
		const hull = vmHull(context, { location, connection, size: file?.size });
		const task = new SupervisedTask(location, connection, { hull, program: "", state });
		context.connections.set(task, connection);
		return task;
	} catch (error) {
		connection.destroy();
		// It left between the connection and the answer.
		if (isEngineError(error, "unavailable")) return undefined;
		throw error;
	}
}
