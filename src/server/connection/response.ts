/** Writing of one HTTP/1.1 answer (RFC 9112), with back-pressure. */
import type { RequestHead } from "./request-parser.ts";
import type { Wire } from "./wire.ts";

export type HeaderFields = Readonly<Record<string, string>>;

export interface Response {
	readonly started: boolean;
	/** A whole answer; 204 and 304 have no body. */
	send(status: number, headers: HeaderFields, body?: string | Uint8Array): void;
	/**
	 * Starts a stream: of the length that the fields announce, else chunked, or until the connection closes for
	 * HTTP/1.0. The head goes out at once.
	 */
	start(status: number, headers: HeaderFields): void;
	/** Writes pieces as one chunk. A promise when the client is slow; see {@link Wire.write}. */
	write(...pieces: readonly Uint8Array[]): Promise<void> | undefined;
	/** Ends a stream as it should end. */
	end(): void;
	/** The connection can carry another request after this answer. */
	readonly reusable: boolean;
	/** Takes the connection over: the head goes out as it is, and nothing after it is framed. */
	takeOver(head: string): void;
}

export interface ResponseOptions {
	readonly wire: Wire;
	readonly request: RequestHead;
	/** Fields of every answer. */
	readonly headers: HeaderFields;
	/** The rest of the request's body may be so long that closing is cheaper than reading it. */
	readonly mustClose: () => boolean;
}

export function createResponse(options: ResponseOptions): Response {
	const { wire, request } = options;
	const bodyless = request.method === "HEAD";
	let started = false;
	let chunked = false;
	let reusable = false;

	const head = (status: number, headers: HeaderFields, framing: string) => {
		started = true;
		let text = `HTTP/1.1 ${status} ${reasons[status] ?? "Unknown"}\r\n`;
		for (const [name, value] of Object.entries({ ...options.headers, ...headers }))
			text += `${name}: ${clean(value)}\r\n`;
		text += `Date: ${new Date().toUTCString()}\r\n${framing}`;
		if (!reusable) text += "Connection: close\r\n";
		else if (request.http10) text += "Connection: keep-alive\r\n";
		return Buffer.from(`${text}\r\n`, "latin1");
	};

	return {
		get started() {
			return started;
		},
		get reusable() {
			return reusable && !wire.closed;
		},
		send(status, headers, body = "") {
			const bytes = typeof body === "string" ? Buffer.from(body) : body;
			reusable = request.keepAlive && !options.mustClose();
			if (status === 204 || status === 304) {
				wire.write(head(status, headers, ""));
				return;
			}
			const text = head(status, headers, `Content-Length: ${bytes.length}\r\n`);
			if (bodyless) wire.write(text);
			else wire.write(text, bytes);
		},
		start(status, headers) {
			const sized = "Content-Length" in headers;
			chunked = !request.http10 && !sized;
			reusable = (chunked || sized) && request.keepAlive && !options.mustClose();
			wire.write(head(status, headers, chunked ? "Transfer-Encoding: chunked\r\n" : ""));
		},
		write(...pieces) {
			let length = 0;
			for (const piece of pieces) length += piece.length;
			if (length === 0 || bodyless) return undefined;
			if (!chunked) return wire.write(...pieces);
			return wire.write(Buffer.from(`${length.toString(16)}\r\n`, "latin1"), ...pieces, lineEnd);
		},
		end() {
			if (chunked && !bodyless) wire.write(Buffer.from("0\r\n\r\n", "latin1"));
		},
		takeOver(text) {
			started = true;
			wire.write(Buffer.from(text, "latin1"));
		},
	};
}

const lineEnd = Buffer.from("\r\n", "latin1");

/** A field may carry what a user wrote: no line ends, nothing beyond Latin-1. */
function clean(value: string): string {
	return value.replace(/[^\t\x20-\x7e\xa0-\xff]/g, " ");
}

export const reasons: Readonly<Record<number, string>> = {
	200: "OK",
	201: "Created",
	202: "Accepted",
	204: "No Content",
	206: "Partial Content",
	304: "Not Modified",
	400: "Bad Request",
	401: "Unauthorized",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	409: "Conflict",
	413: "Content Too Large",
	414: "URI Too Long",
	416: "Range Not Satisfiable",
	429: "Too Many Requests",
	431: "Request Header Fields Too Large",
	499: "Client Closed Request",
	500: "Internal Server Error",
	501: "Not Implemented",
	503: "Service Unavailable",
	504: "Gateway Timeout",
	505: "HTTP Version Not Supported",
	507: "Insufficient Storage",
};
