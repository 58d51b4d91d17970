/** A client that says exactly what a test says, and a server on a socket of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../src/lib/index.ts";
import { type Backends, createServer } from "../../src/server/index.ts";

export interface TestServer extends AsyncDisposable {
	readonly path: string;
	/** Lines that the server logged as errors: bugs. */
	readonly errors: string[];
	close(): Promise<void>;
}

export async function startServer(backends: Backends): Promise<TestServer> {
	const folder = mkdtempSync(join(tmpdir(), "hull-api-"));
	const path = join(folder, "api.sock");
	const errors: string[] = [];
	const log = createLogger("error", (line) => errors.push(line));
	const server = createServer({ backends, log, version: "0.1.0" });
	await server.listen({ path });
	const close = async () => {
		await server.close();
		rmSync(folder, { recursive: true, force: true });
	};
	return { path, errors, close, [Symbol.asyncDispose]: close };
}

export interface RawClient {
	readonly socket: Socket;
	send(data: string | Uint8Array): void;
	/** Ends our side. */
	finish(): void;
	/** What arrived so far, as Latin-1. */
	text(): string;
	/** Resolves with everything that arrived once it matches. Rejects at the end of the connection or after 5 s. */
	until(pattern: RegExp): Promise<string>;
	/** Resolves with everything at the end of the connection, however it ends. */
	all(): Promise<string>;
	readonly ended: boolean;
}

export async function rawClient(path: string): Promise<RawClient> {
	const socket = connect({ path, allowHalfOpen: true });
	const chunks: Buffer[] = [];
	let ended = false;
	let wake = () => {};
	const over = () => {
		ended = true;
		wake();
	};
	socket.on("data", (chunk: Buffer) => {
		chunks.push(chunk);
		wake();
	});
	for (const event of ["end", "close", "error"]) socket.on(event, over);
	await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
	const text = () => Buffer.concat(chunks).toString("latin1");
	const waitFor = async (done: () => boolean, what: string) => {
		const deadline = Date.now() + 5_000;
		while (!done()) {
			if (Date.now() > deadline)
				throw new Error(`waited in vain for ${what}; so far: ${text().slice(-2000)}`);
			await new Promise<void>((resolve) => {
				wake = resolve;
				setTimeout(resolve, 100);
			});
		}
	};
	return {
		socket,
		send: (data) => void socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data),
		finish: () => void socket.end(),
		text,
		async until(pattern) {
			await waitFor(() => pattern.test(text()) || ended, String(pattern));
			if (pattern.test(text())) return text();
			throw new Error(`connection ended before ${pattern}: ${text().slice(-2000)}`);
		},
		async all() {
			await waitFor(() => ended, "the end");
			return text();
		},
		get ended() {
			return ended;
		},
	};
}

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	readonly json: unknown;
}

/** One request on a connection of its own. */
export async function ask(
	path: string,
	line: string,
	options: { headers?: Record<string, string>; body?: string | Uint8Array; json?: unknown } = {},
): Promise<Answer> {
	const client = await rawClient(path);
	const body = options.json === undefined ? options.body : JSON.stringify(options.json);
	const headers: Record<string, string> = { Host: "hull", Connection: "close", ...options.headers };
	if (options.json !== undefined) headers["Content-Type"] ??= "application/json";
	if (body !== undefined) headers["Content-Length"] ??= String(Buffer.byteLength(body));
	const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
	client.send(`${line} HTTP/1.1\r\n${fields.join("")}\r\n`);
	if (body !== undefined) client.send(typeof body === "string" ? Buffer.from(body) : body);
	return parseAnswer(await client.all());
}

/** Takes one whole answer apart. */
export function parseAnswer(text: string): Answer {
	const end = text.indexOf("\r\n\r\n");
	const [first, ...lines] = text.slice(0, end).split("\r\n");
	const headers: Record<string, string> = {};
	for (const line of lines) {
		const colon = line.indexOf(":");
		headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
	}
	const raw = text.slice(end + 4);
	const latin1 = headers["transfer-encoding"] === "chunked" ? unchunk(raw) : raw;
	const body = Buffer.from(latin1, "latin1").toString("utf8");
	return {
		status: Number(first!.split(" ")[1]),
		headers,
		body,
		get json() {
			return JSON.parse(body);
		},
	};
}

/** The payload of a chunked body; fails when it is cut off. */
function unchunk(raw: string): string {
	let body = "";
	for (let offset = 0; ; ) {
		const lineEnd = raw.indexOf("\r\n", offset);
		if (lineEnd === -1) throw new Error("chunked body is cut off");
		const length = Number.parseInt(raw.slice(offset, lineEnd), 16);
		if (length === 0) return body;
		body += raw.slice(lineEnd + 2, lineEnd + 2 + length);
		offset = lineEnd + 2 + length + 2;
	}
}
