import { EngineError } from "../../lib/index.ts";
import { BadRequest, type RequestHead, type RequestParser } from "./request-parser.ts";
import type { Wire } from "./wire.ts";

export interface RequestBody extends AsyncIterable<Uint8Array> {
	/** True when all of it was read. */
	readonly complete: boolean;
	/** The client waits for `100 Continue`, which goes out with the first read. */
	readonly awaited: boolean;
	/** Reads and drops the rest, `limitBytes` at most. False when there was more, or the client ended early. */
	drain(limitBytes: number): Promise<boolean>;
}

export interface BodySource {
	readonly wire: Wire;
	readonly parser: RequestParser;
	readonly head: RequestHead;
	/** Slices of the body that came in one piece with the head. */
	readonly first: readonly Buffer[];
	/** Sends `100 Continue`. */
	readonly onFirstRead: () => void;
}

/** The body of one request, read from the socket as it is asked for. What follows it is put back to the reader. */
export function createRequestBody(source: BodySource): RequestBody {
	const slices = [...source.first];
	let awaited = source.head.expectContinue && !source.parser.complete;

	const readMore = async () => {
		if (awaited) {
			awaited = false;
			source.onFirstRead();
		}
		const chunk = await source.wire.read();
		if (chunk === undefined)
			throw new EngineError("invalid_argument", "the request ended before its body was complete");
		const used = feed(source.parser, chunk, slices);
		if (used < chunk.length) source.wire.unread(chunk.subarray(used));
	};
	async function* read(): AsyncGenerator<Uint8Array> {
		for (;;) {
			const slice = slices.shift();
			if (slice !== undefined) yield slice;
			else if (source.parser.complete) return;
			else await readMore();
		}
	}

	return {
		get complete() {
			return source.parser.complete && slices.length === 0;
		},
		get awaited() {
			return awaited;
		},
		[Symbol.asyncIterator]: read,
		async drain(limitBytes) {
			let bytes = 0;
			while (!source.parser.complete && bytes <= limitBytes) {
				try {
					await readMore();
				} catch {
					return false;
				}
				for (const slice of slices.splice(0)) bytes += slice.length;
			}
			return source.parser.complete;
		},
	};
}

function feed(parser: RequestParser, chunk: Buffer, slices: Buffer[]): number {
	try {
		return parser.feed(chunk, (slice) => slices.push(slice));
	} catch (error) {
		if (!(error instanceof BadRequest)) throw error;
		throw new EngineError("invalid_argument", error.message, { cause: error });
	}
}
