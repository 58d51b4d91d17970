import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Address } from "../ship/order.ts";

/** A way to one server. Errors: of the connection; the next `send` connects again. */
export interface Sender {
	/** Resolves when the kernel has taken all of it. */
	send(messages: readonly Uint8Array[]): Promise<void>;
	/** True while the connection that was last sent on stands: what was sent then is not lost. */
	isWhole(): boolean;
	/** Ends it; resolves when the server has taken note, or after a while. */
	close(): Promise<void>;
}

const connectTimeoutMs = 10_000;
const closeTimeoutMs = 1_000;

export function createSender(address: Address): Sender {
	return address.kind === "udp" ? udpSender(address) : streamSender(address);
}

/** A server that does not listen costs its datagrams, as always with UDP. */
function udpSender(address: Extract<Address, { kind: "udp" }>): Sender {
	let socket: UdpSocket | undefined;
	return {
		async send(messages) {
			socket ??= open(address.host.includes(":") ? "udp6" : "udp4");
			for (const message of messages) await sendTo(socket, message, address);
		},
		isWhole: () => true,
		async close() {
			socket?.close();
			socket = undefined;
		},
	};
}

function open(kind: "udp4" | "udp6"): UdpSocket {
	const socket = createSocket(kind);
	socket.on("error", () => undefined);
	return socket;
}

async function sendTo(
	socket: UdpSocket,
	message: Uint8Array,
	to: { host: string; port: number },
): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	socket.send(message, to.port, to.host, (error) => {
		// Nobody listens there; that is known of a datagram before.
		if (error && (error as NodeJS.ErrnoException).code !== "ECONNREFUSED") reject(error);
		else resolve();
	});
	await promise;
}

function streamSender(address: Exclude<Address, { kind: "udp" }>): Sender {
	let current: Connection | undefined;
	return {
		async send(messages) {
			if (current?.failure() !== undefined) current = undefined;
			current ??= await Connection.open(address);
			await current.write(Buffer.concat(messages));
		},
		isWhole: () => current !== undefined && current.failure() === undefined,
		async close() {
			await current?.close();
			current = undefined;
		},
	};
}

class Connection {
	readonly #socket: Socket;
	readonly #closed = Promise.withResolvers<void>();
	#failure: Error | undefined;

	static async open(address: Exclude<Address, { kind: "udp" }>): Promise<Connection> {
		const socket = connectTo(address);
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const timer = setTimeout(() => socket.destroy(new Error("connection timed out")), connectTimeoutMs);
		socket.once(address.kind === "tls" ? "secureConnect" : "connect", resolve);
		socket.once("error", reject);
		socket.once("close", () => reject(new Error("connection closed")));
		try {
			await promise;
			return new Connection(socket);
		} finally {
			clearTimeout(timer);
		}
	}

	private constructor(socket: Socket) {
		this.#socket = socket;
		const over = (error?: Error) => {
			this.#failure ??= error ?? new Error("connection closed");
			this.#closed.resolve();
		};
		socket.on("error", over);
		// A server that ends its side reads no more.
		socket.on("end", () => over());
		socket.on("close", () => over());
		// What it says is nothing to us.
		socket.on("data", () => undefined);
	}

	failure(): Error | undefined {
		return this.#failure;
	}

	async write(bytes: Buffer): Promise<void> {
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
		await Promise.race([promise, this.#closed.promise]);
		if (this.#failure !== undefined) throw this.#failure;
	}

	async close(): Promise<void> {
		this.#socket.end();
		const timer = setTimeout(() => this.#closed.resolve(), closeTimeoutMs);
		await this.#closed.promise;
		clearTimeout(timer);
		this.#socket.destroy();
	}
}

function connectTo(address: Exclude<Address, { kind: "udp" }>): Socket {
	switch (address.kind) {
		case "unix":
			return connect({ path: address.path });
		case "tcp":
			return connect({ host: address.host, port: address.port });
		case "tls":
			return connectTls({
				host: address.host,
				port: address.port,
				servername: address.host,
				rejectUnauthorized: address.skipVerify !== true,
				...(address.ca === undefined ? {} : { ca: readFileSync(address.ca) }),
				...(address.cert === undefined ? {} : { cert: readFileSync(address.cert) }),
				...(address.key === undefined ? {} : { key: readFileSync(address.key) }),
			});
	}
}
