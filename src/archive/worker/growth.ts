import { readSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";

const STDIN = 0;
const WHOLE = ".".charCodeAt(0);
const words = new Uint8Array(4096);

/** Waits until the blob has grown, or is whole: false. The thread has nothing to do meanwhile. */
export function awaitGrowth(): boolean {
	const length = readSync(STDIN, words, 0, words.length, null);
	if (length === 0) throw new EngineError("cancelled", "the blob that is extracted did not come whole");
	return words[length - 1] !== WHOLE;
}
