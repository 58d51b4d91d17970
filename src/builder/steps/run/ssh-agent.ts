import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EngineError } from "../../../lib/index.ts";
import type { SshAgent } from "../../contract.ts";

export interface ServedAgent extends AsyncDisposable {
	/** The socket on the host. */
	readonly path: string;
}

/** Connections to one agent at a time; a build that wants more is up to no good. */
const maxConnections = 64;

/** A socket whose connections go to an agent, for as long as it is not disposed of. */
export async function serveAgent(
	agent: SshAgent,
	place: {
		readonly folder: string;
		readonly owner: { readonly uid: number; readonly gid: number; readonly mode: number };
	},
): Promise<ServedAgent> {
	const { folder, owner } = place;
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const path = join(folder, randomBytes(6).toString("hex"));
	const open = new Set<Socket>();
	const server = createServer((socket) => {
		open.add(socket);
		socket.on("close", () => open.delete(socket));
		socket.on("error", () => socket.destroy());
		void connectTo(socket, agent);
	});
	server.maxConnections = maxConnections;
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	server.once("error", reject);
	server.listen(path, resolve);
	try {
		await promise;
		chownSync(path, owner.uid, owner.gid);
		chmodSync(path, owner.mode);
	} catch (error) {
		server.close();
		throw new EngineError("unavailable", `cannot serve an ssh agent at ${path}`, { cause: error });
	}
	return {
		path,
		async [Symbol.asyncDispose]() {
			for (const socket of open) socket.destroy();
			const closed = Promise.withResolvers<void>();
			server.close(() => closed.resolve());
			await closed.promise;
			rmSync(path, { force: true });
		},
	};
}

/** An agent that cannot be reached looks to the build like one that hangs up. */
async function connectTo(socket: Socket, agent: SshAgent): Promise<void> {
	try {
		const remote = await agent.connect();
		const other = Duplex.fromWeb(remote as Parameters<typeof Duplex.fromWeb>[0]);
		await Promise.all([pipeline(socket, other), pipeline(other, socket)]);
	} catch {
		socket.destroy();
	}
}
