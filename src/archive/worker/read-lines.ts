import { readSync } from "node:fs";

const CHUNK_BYTES = 1 << 18;

/** Lines of an open file or socket, the end of it included when nothing ends that one. */
export function* readLines(fd: number): Generator<string, void, undefined> {
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	let rest: Buffer[] = [];
	for (;;) {
		const length = readSync(fd, buffer, 0, CHUNK_BYTES, null);
		if (length === 0) break;
		let start = 0;
		for (let end = buffer.indexOf(10); end >= 0 && end < length; end = buffer.indexOf(10, start)) {
			rest.push(buffer.subarray(start, end));
			yield Buffer.concat(rest).toString("utf8");
			rest = [];
			start = end + 1;
		}
		if (start < length) rest.push(Buffer.from(buffer.subarray(start, length)));
	}
	if (rest.length > 0) yield Buffer.concat(rest).toString("utf8");
}
