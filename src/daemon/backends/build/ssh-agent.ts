import { connect } from "node:net";
import { Readable, Writable } from "node:stream";
import type { SshAgent } from "../../../builder/index.ts";
import { EngineError } from "../../../lib/index.ts";

/** An agent at a socket of the engine's machine. */
export function connectAgent(path: string): SshAgent {
	if (!path.startsWith("/"))
		throw new EngineError(
			"invalid_argument",
			`ssh ${JSON.stringify(path)}: expected the path of an agent's socket`,
		);
	return {
		async connect() {
			const socket = connect(path);
			await new Promise<void>((resolve, reject) => {
				socket.once("connect", resolve);
				socket.once("error", (cause) =>
					reject(new EngineError("unavailable", `ssh agent at ${path} does not answer`, { cause })),
				);
			});
			return {
				readable: Readable.toWeb(socket) as unknown as ReadableStream<Uint8Array>,
				writable: Writable.toWeb(socket) as unknown as WritableStream<Uint8Array>,
			};
		},
	};
}
