import type { LogFile } from "./log-files.ts";

const blockBytes = 64 * 1024;
const newline = 10;

/** Where reading begins so that the last lines are read: a file and an offset in it. */
export interface LogPosition {
	readonly index: number;
	readonly offset: number;
}

/** Finds the last `lines` lines from the end, reading no more than these. */
export function findTail(files: readonly LogFile[], lines: number): LogPosition {
	const last = files.length - 1;
	if (last < 0) return { index: 0, offset: 0 };
	if (lines === 0) return { index: last, offset: files[last]!.size() };
	let missing = lines;
	for (let index = last; index >= 0; index--) {
		const found = scanBack(files[index]!, missing);
		if (found.offset !== undefined) return { index, offset: found.offset };
		if (found.lines === missing) return { index, offset: 0 };
		missing -= found.lines;
	}
	return { index: 0, offset: 0 };
}

/** The offset where the last `wanted` lines begin, or how many lines there are when they are fewer. */
function scanBack(file: LogFile, wanted: number): { readonly offset?: number; readonly lines: number } {
	const size = file.size();
	const block = Buffer.alloc(blockBytes);
	let lines = 0;
	for (let end = size; end > 0; ) {
		const start = Math.max(0, end - blockBytes);
		const read = file.read(block.subarray(0, end - start), start);
		for (let at = block.lastIndexOf(newline, read - 1); at >= 0; at = previous(block, at)) {
			// The newline at the very end closes the last line and begins none.
			if (start + at === size - 1) continue;
			lines++;
			if (lines === wanted) return { offset: start + at + 1, lines };
		}
		end = start;
	}
	return { lines: size === 0 ? 0 : lines + 1 };
}

function previous(block: Buffer, at: number): number {
	return at === 0 ? -1 : block.lastIndexOf(newline, at - 1);
}
