import { decimalSize } from "../../format/units.ts";
import { isTerminal } from "../../streams/session.ts";
import { writeAll } from "../../terminal/output.ts";

const stderr = 2;
const redrawMs = 100;

/** Shows on a terminal's stderr how much of a stream has gone by; elsewhere the stream is as it was. */
export async function withByteCount(
	stream: AsyncIterable<Uint8Array>,
	{ status }: { readonly status: string },
): Promise<AsyncIterable<Uint8Array>> {
	return (await isTerminal(stderr)) ? counted(stream, status) : stream;
}

async function* counted(stream: AsyncIterable<Uint8Array>, status: string): AsyncGenerator<Uint8Array> {
	let bytes = 0;
	let shownAt = 0;
	const show = (end: string) =>
		writeAll(stderr, Buffer.from(`\r\u001b[2K${status} ${decimalSize(bytes)}${end}`));
	for await (const chunk of stream) {
		bytes += chunk.length;
		const now = Date.now();
		if (now - shownAt >= redrawMs) {
			shownAt = now;
			show("");
		}
		yield chunk;
	}
	show("\n");
}
