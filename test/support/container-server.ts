import { type ChildProcess, spawn } from "node:child_process";
import { createConnection, type Socket } from "node:net";

/** A server that runs in a container's network, for what busybox has no server for. */
export interface ContainerServer extends Disposable {
	readonly child: ChildProcess;
}

/**
 * Echoes datagrams, or what comes by connections, on a port inside of the network of a process. Ready when it
 * resolves.
 */
export async function echoIn(
	pid: number,
	{ port, protocol }: { readonly port: number; readonly protocol: "tcp" | "udp" },
): Promise<ContainerServer> {
	const program =
		protocol === "udp"
			? `const s = require("dgram").createSocket("udp4");
				s.on("message", (m, from) => s.send(m, from.port, from.address));
				s.bind(${port}, "0.0.0.0", () => console.log("ready"));`
			: `require("net").createServer({ allowHalfOpen: true }, (c) => c.pipe(c).on("error", () => {}))
				.listen({ port: ${port}, host: "0.0.0.0", backlog: 4096 }, () => console.log("ready"));`;
	const child = spawn("nsenter", ["-t", String(pid), "-n", process.execPath, "-e", program], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	await new Promise<void>((resolve, reject) => {
		child.stdout!.once("data", () => resolve());
		child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
	});
	return {
		child,
		[Symbol.dispose]() {
			child.removeAllListeners("exit");
			child.kill("SIGKILL");
		},
	};
}

/** Sends bytes, ends its side, and gives everything that comes back. */
export async function exchange(host: string, port: number, bytes: Uint8Array): Promise<Buffer> {
	const socket = await dial(host, port);
	socket.end(bytes);
	const chunks: Buffer[] = [];
	for await (const chunk of socket) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

/** A connection; rejects with the system's error (`ECONNREFUSED`). */
export function dial(host: string, port: number): Promise<Socket> {
	const socket = createConnection({ host, port, allowHalfOpen: true });
	return new Promise((resolve, reject) => {
		socket.once("error", reject);
		socket.once("connect", () => {
			socket.off("error", reject);
			socket.on("error", () => undefined);
			resolve(socket);
		});
	});
}

/** The next bytes of a connection, `length` of them. */
export async function read(socket: Socket, length: number): Promise<string> {
	let text = "";
	while (text.length < length) {
		const chunk = socket.read() as Buffer | null;
		if (chunk !== null) text += chunk.toString("latin1");
		else
			await new Promise<void>((resolve, reject) => {
				const over = () => reject(new Error(`the connection closed after ${JSON.stringify(text)}`));
				if (socket.readableEnded || socket.destroyed) return over();
				socket.once("readable", resolve);
				socket.once("end", over);
				socket.once("close", over);
			});
	}
	return text;
}
