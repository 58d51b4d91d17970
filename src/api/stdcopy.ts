/**
 * Docker's multiplexed stream: frames of an 8-byte header (stream, three zero bytes, length as u32 big endian) and a
 * payload. https://docs.docker.com/reference/api/engine/ (ContainerAttach, "Stream format")
 */
import { EngineError } from "../lib/index.ts";

export type OutputStream = "stdout" | "stderr";

export interface OutputPiece {
	readonly stream: OutputStream;
	/** A view of the chunk it came in: valid as long as that chunk is not reused. */
	readonly data: Uint8Array;
}

export const stdcopyHeaderLength = 8;

/** The header of one frame; write it before the payload (corked, or with writev) and copy nothing. */
export function stdcopyHeader(stream: OutputStream, length: number): Uint8Array {
	const header = new Uint8Array(stdcopyHeaderLength);
	header[0] = stream === "stdout" ? 1 : 2;
	header[4] = length >>> 24;
	header[5] = length >>> 16;
	header[6] = length >>> 8;
	header[7] = length;
	return header;
}

/**
 * Takes a multiplexed stream apart, chunk by chunk. A frame that spans chunks comes in pieces, so nothing is copied
 * and memory does not depend on the length that a header claims.
 */
export interface StdcopyDecoder {
	/**
	 * The pieces in a chunk, in order. Errors: `corrupt` for an unknown stream; `unavailable` with the text of a
	 * system error frame (stream 3).
	 */
	push(chunk: Uint8Array): OutputPiece[];
	/** True between two frames: a stream that ends elsewhere was cut off. */
	isAtFrameEnd(): boolean;
}

export function createStdcopyDecoder(): StdcopyDecoder {
	const header = new Uint8Array(stdcopyHeaderLength);
	let headerFilled = 0;
	let remaining = 0;
	let systemError: Uint8Array[] | undefined;

	/** Fills the header from the chunk and gives the new offset; opens the frame when it is complete. */
	function takeHeader(chunk: Uint8Array, offset: number): number {
		const taken = Math.min(stdcopyHeaderLength - headerFilled, chunk.length - offset);
		for (let i = 0; i < taken; i++) header[headerFilled + i] = chunk[offset + i]!;
		headerFilled += taken;
		if (headerFilled < stdcopyHeaderLength) return offset + taken;
		if (header[0]! > 3) throw new EngineError("corrupt", `unrecognized stream: ${header[0]}`);
		remaining = ((header[4]! << 24) | (header[5]! << 16) | (header[6]! << 8) | header[7]!) >>> 0;
		systemError = header[0] === 3 ? [] : undefined;
		return offset + taken;
	}

	function takePayload(chunk: Uint8Array, offset: number, pieces: OutputPiece[]): number {
		const data = chunk.subarray(offset, offset + remaining);
		remaining -= data.length;
		if (systemError === undefined) {
			// Stream 0 (stdin) is shown as output, as Docker's clients do.
			if (data.length > 0) pieces.push({ stream: header[0] === 2 ? "stderr" : "stdout", data });
		} else {
			keepSystemError(systemError, data);
		}
		if (remaining > 0) return offset + data.length;
		headerFilled = 0;
		if (systemError !== undefined)
			throw new EngineError("unavailable", `error from daemon in stream: ${Buffer.concat(systemError)}`);
		return offset + data.length;
	}

	return {
		push(chunk) {
			const pieces: OutputPiece[] = [];
			for (let offset = 0; offset < chunk.length; ) {
				if (headerFilled < stdcopyHeaderLength) offset = takeHeader(chunk, offset);
				if (headerFilled === stdcopyHeaderLength) offset = takePayload(chunk, offset, pieces);
			}
			return pieces;
		},
		isAtFrameEnd: () => headerFilled === 0,
	};
}

/** Takes a multiplexed stream apart as it arrives. Ends quietly when it is cut off, as Docker's clients do. */
export async function* decodeStdcopy(source: AsyncIterable<Uint8Array>): AsyncGenerator<OutputPiece> {
	const decoder = createStdcopyDecoder();
	for await (const chunk of source) yield* decoder.push(chunk);
}

const systemErrorLimit = 64 * 1024;

/** Copies, because the text outlives its chunk; what is beyond the limit is dropped. */
function keepSystemError(parts: Uint8Array[], data: Uint8Array): void {
	const kept = parts.reduce((sum, part) => sum + part.length, 0);
	if (kept < systemErrorLimit) parts.push(Uint8Array.from(data.subarray(0, systemErrorLimit - kept)));
}
