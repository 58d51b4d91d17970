import { closeSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { errnoOf, isEngineError } from "../../lib/index.ts";
import type { Task, TaskLocation } from "../contract.ts";
import { Connection, frameType, parseTaskState, SupervisedTask } from "../session/index.ts";
import type { ProcessContext } from "./context.ts";
import { processHull } from "./hull.ts";

/** Connects to a supervisor that outlived the daemon; `undefined` when it is gone. */
export async function openTask(context: ProcessContext, location: TaskLocation): Promise<Task | undefined> {
	const socket = await connectShim(location.runDir);
	if (socket === undefined) return undefined;
	const connection = new Connection(socket, location.id);
	try {
		const state = parseTaskState(await connection.request(frameType.state));
		// It never ran, and with its first client gone it never will.
		if (state.status === "created") {
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

/** Through a descriptor of the folder, since a socket address holds 107 bytes and the path may be longer. */
async function connectShim(runDir: string): Promise<Socket | undefined> {
	const folder = openFolder(runDir);
	if (folder === undefined) return undefined;
	const { promise, resolve, reject } = Promise.withResolvers<Socket | undefined>();
	const socket = connect({ path: `/proc/self/fd/${folder}/shim.sock`, allowHalfOpen: true });
	const failed = (error: Error) => {
		const errno = errnoOf(error);
		if (errno === "ENOENT" || errno === "ECONNREFUSED") resolve(undefined);
		else reject(error);
	};
	socket.once("error", failed);
	socket.once("connect", () => {
		socket.off("error", failed);
		resolve(socket);
	});
	try {
		return await promise;
	} finally {
		closeSync(folder);
	}
}

function openFolder(path: string): number | undefined {
	try {
		return openSync(path, "r");
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}
