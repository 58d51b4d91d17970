/**
 * The body of `POST /hull/build`: frames of a big-endian length (4 bytes) and that many bytes. The first is the
 * request as JSON; secrets are in it and in no header or address, so that nothing on the way logs them. Then each
 * uploaded context: its tar in any number of frames, ended by an empty one.
 */
import { HullBuildRequest } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { decodeJson } from "./json-body.ts";

/** A Dockerfile, secrets and arguments fit; a context is not in it. */
const maxRequestBytes = 32 * 1024 * 1024;
const maxFrameBytes = 16 * 1024 * 1024;

export interface BuildFrames {
	readonly request: HullBuildRequest;
	/** The next context. The one before must have been read to its end. */
	nextUpload(): AsyncIterable<Uint8Array>;
}

/** Errors: `invalid_argument`; `too_large`. */
export async function readBuildFrames(body: AsyncIterable<Uint8Array>): Promise<BuildFrames> {
	const input = new Input(body);
	const length = await input.length();
	if (length > maxRequestBytes)
		throw new EngineError("too_large", `the build's request is longer than ${maxRequestBytes} bytes`);
	const text = Buffer.concat(await collect(input.take(length))).toString("utf8");
	const { value, unknownFields } = decodeJson(HullBuildRequest, text);
	if (unknownFields.length > 0)
		throw new EngineError("invalid_argument", `unknown option of a build: ${unknownFields[0]}`);
	const request = value as HullBuildRequest;
	return { request, nextUpload: () => upload(input) };
}

async function* upload(input: Input): AsyncGenerator<Uint8Array> {
	for (;;) {
		const length = await input.length();
		if (length === 0) return;
		if (length > maxFrameBytes)
			throw new EngineError(
				"too_large",
				`a frame of the build's context is longer than ${maxFrameBytes} bytes`,
			);
		yield* input.take(length);
	}
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
	const collected: Uint8Array[] = [];
	for await (const chunk of chunks) collected.push(chunk);
	return collected;
}

class Input {
	readonly #chunks: AsyncIterator<Uint8Array>;
	#rest: Uint8Array = new Uint8Array();

	constructor(body: AsyncIterable<Uint8Array>) {
		this.#chunks = body[Symbol.asyncIterator]();
	}

	async length(): Promise<number> {
		const bytes = Buffer.concat(await collect(this.take(4)));
		return bytes.readUInt32BE(0);
	}

	async *take(count: number): AsyncGenerator<Uint8Array> {
		let missing = count;
		while (missing > 0) {
			if (this.#rest.length === 0) {
				const next = await this.#chunks.next();
				if (next.done) throw new EngineError("invalid_argument", "the build's request ends in the middle");
				this.#rest = next.value;
				continue;
			}
			const piece = this.#rest.subarray(0, missing);
			this.#rest = this.#rest.subarray(piece.length);
			missing -= piece.length;
			yield piece;
		}
	}
}
