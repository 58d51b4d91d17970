import { chmodSync, closeSync, constants, mkdirSync, openSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";

/** Name of the socket in its folder. */
const name = "state";
/** A machine's state without its memory is some 60 KiB. */
const maxStateBytes = 16 * 1024 * 1024;

/** Where QEMU's state goes out or comes in: QEMU may neither write files nor run programs for it. */
export interface MigrationSocket extends AsyncDisposable {
	/** Gives the state to the QEMU that asks for it; resolves when it took all. */
	send(state: Uint8Array): Promise<void>;
	/** Takes the state of a QEMU. `too_large` beyond 16 MiB. */
	receive(): Promise<Uint8Array>;
}

/** Listens in a folder, which is made; any user may connect: only one QEMU sees the folder. */
export async function openMigrationSocket(folder: string): Promise<MigrationSocket> {
	mkdirSync(folder, { recursive: true, mode: 0o755 });
	const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
	const connected = Promise.withResolvers<Socket>();
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		// One QEMU, once.
		server.close();
		connected.resolve(socket);
	});
	// By the folder's descriptor: a socket address holds 107 bytes.
	server.listen(`/proc/self/fd/${fd}/${name}`);
	await new Promise<void>((resolve, reject) => {
		server.once("listening", resolve);
		server.once("error", reject);
	});
	chmodSync(join(folder, name), 0o666);
	return {
		async send(state) {
			const socket = await connected.promise;
			await new Promise<void>((resolve, reject) => {
				socket.once("error", reject);
				socket.end(state, () => resolve());
			});
		},
		async receive() {
			const socket = await connected.promise;
			const chunks: Buffer[] = [];
			let bytes = 0;
			for await (const chunk of socket as AsyncIterable<Buffer>) {
				bytes += chunk.length;
				if (bytes > maxStateBytes)
					throw new EngineError("too_large", `a machine's state of more than ${maxStateBytes} bytes`);
				chunks.push(chunk);
			}
			socket.end();
			return Buffer.concat(chunks);
		},
		async [Symbol.asyncDispose]() {
			server.close();
			connected.promise.then(
				(socket) => socket.destroy(),
				() => undefined,
			);
			closeSync(fd);
		},
	};
}
