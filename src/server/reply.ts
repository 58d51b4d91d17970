/** What a route answers, as data; {@link sendReply} carries it out. */
import type { Socket } from "node:net";
import { stdcopyHeader } from "../api/syntax.ts";
import type { AttachedStreams } from "./backends.ts";
import type { HeaderFields } from "./connection/response.ts";
import type { ProgressLine } from "./progress-line.ts";
import type { Handshake } from "./websocket/handshake.ts";

export type Reply =
	| {
			readonly kind: "json";
			readonly status: number;
			readonly value: unknown;
			readonly headers?: HeaderFields;
	  }
	| { readonly kind: "text"; readonly status: number; readonly text: string; readonly headers?: HeaderFields }
	| { readonly kind: "empty"; readonly status: number; readonly headers?: HeaderFields }
	/** Bytes as they come; the head goes out before the first. */
	| {
			readonly kind: "stream";
			readonly contentType: string;
			readonly pieces: AsyncIterable<readonly Uint8Array[]>;
			readonly headers?: HeaderFields;
	  }
	/** Docker's jsonmessage lines. An error before the first line is an HTTP error, after it a line. */
	| {
			readonly kind: "progress";
			readonly run: (emit: (line: ProgressLine) => void) => Promise<void>;
	  }
	/** The connection becomes the streams. They are opened when the head is out; an error of that is output. */
	| {
			readonly kind: "hijack";
			readonly tty: boolean;
			readonly open: () => Promise<AttachedStreams | undefined>;
	  }
	/** The connection becomes a websocket that carries the streams. */
	| { readonly kind: "websocket"; readonly handshake: Handshake; readonly streams: AttachedStreams }
	/** The connection speaks another protocol from here on. Refused when the client did not ask for it by `Upgrade`. */
	| {
			readonly kind: "upgrade";
			readonly protocol: string;
			readonly serve: (socket: Socket, signal: AbortSignal) => Promise<void>;
	  };

export function json(value: unknown, status = 200): Reply {
	return { kind: "json", status, value };
}

export function empty(status: number, headers?: HeaderFields): Reply {
	return { kind: "empty", status, headers };
}

export function byteStream(
	contentType: string,
	chunks: AsyncIterable<Uint8Array>,
	headers?: HeaderFields,
): Reply {
	return { kind: "stream", contentType, pieces: onePieceEach(chunks), headers };
}

/** One JSON document per line, each sent as soon as it is there. */
export function jsonLines(contentType: string, lines: AsyncIterable<string>): Reply {
	return { kind: "stream", contentType, pieces: linePieces(lines) };
}

/** Output in Docker's frames, or raw from a terminal. */
export async function* framed(
	output: AttachedStreams["output"],
	tty: boolean,
): AsyncGenerator<readonly Uint8Array[]> {
	for await (const { stream, data } of output)
		yield tty ? [data] : [stdcopyHeader(stream, data.length), data];
}

async function* onePieceEach(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
	for await (const chunk of chunks) yield [chunk];
}

async function* linePieces(lines: AsyncIterable<string>): AsyncGenerator<readonly Uint8Array[]> {
	for await (const line of lines) yield [Buffer.from(`${line}\n`)];
}
