import { EngineError, TarParser } from "../../lib/index.ts";
import type { ExtractLimits } from "../contract.ts";
import type { ArchiveInput } from "./input.ts";
import type { TreeWriter } from "./tree-writer.ts";

/** Room for headers and padding beside the files' bytes. */
const HEADER_BYTES_PER_ENTRY = 4096;

/** Reads an archive to its end into a tree. `onChunk` sees all bytes, also those behind the end-of-archive mark. */
export async function extract(
	input: ArchiveInput,
	writer: TreeWriter,
	{ limits, onChunk }: { limits: ExtractLimits; onChunk?: (bytes: Uint8Array) => void },
): Promise<{ bytes: number; inodes: number }> {
	const parser = new TarParser();
	const maxStreamBytes = limits.maxBytes + limits.maxEntries * HEADER_BYTES_PER_ENTRY;
	let streamBytes = 0;
	for await (const chunk of input.chunks) {
		streamBytes += chunk.length;
		if (streamBytes > maxStreamBytes)
			throw new EngineError("too_large", `archive of more than ${maxStreamBytes} bytes, uncompressed`);
		onChunk?.(chunk);
		extractChunk(parser, writer, chunk);
	}
	parser.finish();
	// The runtime's zstd does not tell a stream that was cut off from one that has ended.
	if (input.compression === "zstd" && !parser.finished)
		throw new EngineError("corrupt", "bad zstd data: the archive has no end");
	return writer.finish();
}

function extractChunk(parser: TarParser, writer: TreeWriter, chunk: Uint8Array): void {
	parser.feed(chunk);
	for (let event = parser.next(); event !== undefined; event = parser.next()) {
		switch (event.kind) {
			case "entry":
				writer.begin(event.entry);
				break;
			case "data":
				writer.write(event.offset, event.bytes);
				break;
			case "end":
				writer.end();
				break;
			default:
				event satisfies never;
		}
	}
}
