import { chmodSync, lchownSync, lstatSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { EngineError, errnoOf, removeTreeSync } from "../../lib/index.ts";
import type { SocketPolicy } from "../../policy/index.ts";
import type { Server } from "../../server/index.ts";
import { accountId } from "./account.ts";

/**
 * Serves at a policy's path. Containers may have the folder of the socket, so nothing is done to a name in it that a
 * link could stand for by then: the socket gets owner and mode in a folder of the daemon's own, and is renamed.
 */
export async function placeSocket(server: Server, policy: SocketPolicy, runRoot: string): Promise<void> {
	const { path, name, mode, owner, group } = policy;
	const uid = owner === undefined ? -1 : accountId("/etc/passwd", owner);
	const gid = group === undefined ? -1 : accountId("/etc/group", group);
	// A socket that is there gives way, whoever listens: a container could hold the engine's start up with one.
	if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false)
		throw new EngineError("conflict", `socket ${name}: ${path}: something that is no socket is there`);
	mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
	const folder = join(runRoot, "sockets.new");
	removeTreeSync(folder);
	mkdirSync(folder, { mode: 0o700 });
	const made = join(folder, "s");
	await server.listen({ path: made });
	chmodSync(made, mode);
	if (uid !== -1 || gid !== -1) lchownSync(made, uid === -1 ? 0 : uid, gid === -1 ? 0 : gid);
	try {
		renameSync(made, path);
	} catch (cause) {
		if (errnoOf(cause) !== "EXDEV") throw cause;
		throw new EngineError(
			"invalid_argument",
			`socket ${name}: ${path} must be on the file system of --run-root (${runRoot})`,
			{ cause },
		);
	} finally {
		removeTreeSync(folder);
	}
}
