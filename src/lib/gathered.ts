/**
 * The same bytes in pieces of about `bytes`: whoever takes them pays for each piece, in calls, frames and copies. A
 * piece that is as large is passed on as it is, with what was gathered before it first. Nothing waits for time: the
 * last piece comes with the end of the source.
 */
export async function* gathered(
	source: AsyncIterable<Uint8Array>,
	bytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
	let buffer = Buffer.allocUnsafe(bytes);
	let length = 0;
	for await (const piece of source) {
		if (piece.length > bytes - length && length > 0) {
			yield buffer.subarray(0, length);
			// Who took the last one may still hold it.
			buffer = Buffer.allocUnsafe(bytes);
			length = 0;
		}
		if (piece.length >= bytes) {
			yield piece;
			continue;
		}
		buffer.set(piece, length);
		length += piece.length;
	}
	if (length > 0) yield buffer.subarray(0, length);
}
