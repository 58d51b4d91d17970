import { chmodSync, chownSync, closeSync, constants, lstatSync, mkdirSync, openSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import { connectIn } from "../../sys/index.ts";

/** Name of the socket in its folder. */
const name = "state";
/** A machine's state without its memory is some 60 KiB. */
const maxStateBytes = 16 * 1024 * 1024;

/** Makes the folder, which is QEMU's to make a socket in, and which only that QEMU sees. */
export function makeMigrationFolder(folder: string, uid: number): void {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	chownSync(folder, uid, uid);
}

/** Where the state of a QEMU that saves it goes: QEMU may neither write files nor run programs for it. */
export interface StateReceiver extends AsyncDisposable {
	/** Resolves when QEMU has sent all. `too_large` beyond 16 MiB. */
	receive(): Promise<Uint8Array>;
}

export async function receiveState(folder: string): Promise<StateReceiver> {
	const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
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

/** Gives its state to a QEMU that listens for it. `unavailable` when it does not. */
export async function sendState(folder: string, state: Uint8Array): Promise<void> {
	const isSocket = lstatSync(join(folder, name), { throwIfNoEntry: false })?.isSocket() === true;
	const socket = isSocket ? await connectIn(folder, name) : undefined;
	if (socket === undefined)
		throw new EngineError("unavailable", `${folder}: qemu does not listen for its state`);
	socket.on("error", () => socket.destroy());
	socket.end(state);
}
