import { lstatSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../../lib/index.ts";
import { connectIn } from "../../../sys/index.ts";
import { QmpConnection } from "./connection.ts";

const socketName = "qmp.sock";

/** Opens a conversation with a container's QEMU. `unavailable` when it is gone. QEMU takes one at a time. */
export async function connectQmp(runDir: string, id: string): Promise<QmpConnection> {
	const gone = () => new EngineError("unavailable", `qemu of ${id} is gone`);
	if (lstatSync(join(runDir, socketName), { throwIfNoEntry: false })?.isSocket() !== true) throw gone();
	const socket = await connectIn(runDir, socketName);
	if (socket === undefined) throw gone();
	const connection = new QmpConnection(socket, id);
	try {
		await connection.execute("qmp_capabilities");
		return connection;
	} catch (error) {
		connection.close();
		throw error;
	}
}

/** A few commands on a connection of their own. */
export async function withQmp<T>(
	location: { readonly runDir: string; readonly id: string },
	use: (qmp: QmpConnection) => Promise<T>,
): Promise<T> {
	const qmp = await connectQmp(location.runDir, location.id);
	try {
		return await use(qmp);
	} finally {
		qmp.close();
	}
}
