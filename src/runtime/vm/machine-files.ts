import { join } from "node:path";
import { isEngineError } from "../../lib/index.ts";
import type { MachineFiles, TaskLocation } from "../contract.ts";
import { type Connection, frameType } from "../session/index.ts";

/**
 * Has the supervisor mount what the guest serves, in its own mount namespace: nobody but who goes through
 * `/proc/<pid>/root` meets a file system that a guest answers for.
 */
export async function mountMachineFiles(
	connection: Connection,
	{ runDir }: TaskLocation,
): Promise<MachineFiles> {
	try {
		await connection.request(frameType.files);
	} catch (error) {
		// Mounted already, perhaps for an earlier daemon.
		if (!isEngineError(error, "conflict")) throw error;
	}
	const namespacePid = await connection.supervisorPid();
	const mounted = join(runDir, "files");
	const base = join(`/proc/${namespacePid}/root`, mounted);
	return {
		rootPath: join(base, "root"),
		upperPath: join(base, "upper"),
		namespacePid,
		mountedUpperPath: join(mounted, "upper"),
	};
}
