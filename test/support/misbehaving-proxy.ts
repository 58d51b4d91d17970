import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request on its way to the registry behind; the fault decides what becomes of it. */
export interface Passing {
	readonly method: string;
	/** `/v2/x/blobs/sha256:…` */
	readonly path: string;
	/** How many requests with this method and path there were before. */
	readonly before: number;
	readonly headers: IncomingMessage["headers"];
	readonly response: ServerResponse;
	/** Lets it through; `change` sees the answer's body and may give another. */
	pass(change?: BodyChange, options?: PassOptions): void;
}

export interface PassOptions {
	/** Do not tell the length of the body; needed where a change makes it another. */
	readonly withoutLength?: boolean;
}

/** Gives the bytes to send on, or `undefined` to break the connection there. */
export type BodyChange = (chunk: Buffer, sentBefore: number) => Buffer | undefined;

/** Does something bad and gives true, or lets the request through by giving false. */
export type Fault = (passing: Passing) => boolean;

export interface MisbehavingProxy extends AsyncDisposable {
	/** `127.0.0.1:40123`. */
	readonly domain: string;
	/** `GET /v2/x/blobs/sha256:…`, as they came, with what was asked by `Range`. */
	readonly requests: readonly string[];
	/** Replaces the fault; without one everything is let through. */
	misbehave(fault?: Fault): void;
}

/** A registry that stands in front of a real one, for faults that a real one does not make when asked. */
export async function startMisbehavingProxy(behind: { readonly domain: string }): Promise<MisbehavingProxy> {
	let fault: Fault | undefined;
	const requests: string[] = [];
	const counts = new Map<string, number>();
	const server = createServer((incoming, response) => {
		const { method = "GET", url = "/", headers } = incoming;
		const path = url.split("?")[0]!;
		const key = `${method} ${path}`;
		const before = counts.get(key) ?? 0;
		counts.set(key, before + 1);
		requests.push(headers.range === undefined ? key : `${key} ${headers.range}`);
		const pass = (change?: BodyChange, { withoutLength = false }: PassOptions = {}) =>
			forward(behind.domain, { incoming, response, change, withoutLength });
		if (fault?.({ method, path, before, headers, response, pass })) return;
		pass();
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		domain: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		requests,
		misbehave: (next) => {
			fault = next;
			counts.clear();
			requests.length = 0;
		},
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

interface Forwarding {
	readonly incoming: IncomingMessage;
	readonly response: ServerResponse;
	readonly change: BodyChange | undefined;
	readonly withoutLength: boolean;
}

function forward(domain: string, { incoming, response, change, withoutLength }: Forwarding): void {
	const [host, port] = domain.split(":");
	const { method, url, headers } = incoming;
	const outgoing = request({ host, port, method, path: url, headers });
	outgoing.on("error", () => response.destroy());
	response.on("close", () => outgoing.destroy());
	outgoing.on("response", (answer) => {
		const { "content-length": length, ...others } = answer.headers;
		response.writeHead(answer.statusCode!, withoutLength ? others : answer.headers);
		// Bun's client ends the body of a connection that broke; what is missing tells.
		const isWhole = (sent: number) => length === undefined || method === "HEAD" || sent === Number(length);
		let sent = 0;
		answer.on("data", (chunk: Buffer) => {
			const bytes = change === undefined ? chunk : change(chunk, sent);
			sent += chunk.length;
			if (bytes === undefined) {
				answer.destroy();
				response.socket?.destroySoon();
			} else if (bytes.length > 0) response.write(bytes);
		});
		answer.on("error", () => response.destroy());
		answer.on("end", () => {
			if (isWhole(sent)) response.end();
			else response.destroy();
		});
	});
	incoming.pipe(outgoing);
}
