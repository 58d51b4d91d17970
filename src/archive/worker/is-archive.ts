import { isEngineError, TarParser } from "../../lib/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { openTrees } from "./enter-tree.ts";
import { openInput } from "./input.ts";

const STDIN = 0;
/** Long names stand in front of an entry. */
const MAX_BYTES = 1 << 20;

/** Whether stdin, uncompressed, begins with an entry of a tar archive. */
export async function isArchive({
	mountPoint,
}: Extract<WorkerRequest, { op: "is-archive" }>): Promise<boolean> {
	const input = openInput(STDIN);
	openTrees([], mountPoint);
	const parser = new TarParser();
	let bytes = 0;
	try {
		for await (const chunk of input.chunks) {
			bytes += chunk.length;
			parser.feed(chunk);
			if (parser.next() !== undefined) return true;
			if (bytes > MAX_BYTES) return false;
		}
	} catch (error) {
		// What cannot be read as one is none.
		if (isEngineError(error, "corrupt") || isEngineError(error, "too_large")) return false;
		throw error;
	}
	return false;
}
