import { openSync, readFileSync, statSync } from "node:fs";
import { errnoOf } from "../../lib/index.ts";
import type { FileStat } from "../../sys/index.ts";
import { ArchiveOutput } from "./output.ts";

const firstLine = "hull digests 1";
const maxFileBytes = 256 << 20;
/** Of a clock that two changes may share. */
const settledSeconds = 2;

/**
 * Digests of files from one scan to the next, of those whose inode, size, time of content and time of change are as
 * they were. What changed just before the scan is not kept, as a second change may bear the same time. A memory that
 * cannot be read is an empty one. What is written goes beside it (`.new`), for whoever started the worker to take.
 */
export class DigestMemory {
	readonly #output: ArchiveOutput;
	readonly #known: ReadonlyMap<string, string>;
	readonly #settledUntil = Date.now() / 1000 - settledSeconds;

	/** Opens both files: later the tree is the root. */
	constructor(path: string) {
		this.#known = readMemory(path);
		this.#output = new ArchiveOutput(openSync(`${path}.new`, "w", 0o600));
		this.#line(firstLine);
	}

	find(path: string, stat: FileStat): string | undefined {
		const digest = this.#known.get(keyOf(path, stat));
		if (digest !== undefined) this.keep(path, stat, digest);
		return digest;
	}

	keep(path: string, stat: FileStat, digest: string): void {
		if (Math.max(stat.changed.seconds, stat.modified.seconds) >= this.#settledUntil) return;
		this.#line(`${digest} ${keyOf(path, stat)}`);
	}

	save(): void {
		this.#output.flush();
	}

	#line(text: string): void {
		this.#output.write(Buffer.from(`${text}\n`, "latin1"));
	}
}

/** One line: a name may hold line ends. */
function keyOf(path: string, { inode, fileSystem, sizeBytes, modified, changed }: FileStat): string {
	const times = [modified, changed].map(({ seconds, nanos }) => `${seconds}.${nanos}`).join(" ");
	return `${fileSystem} ${inode} ${sizeBytes} ${times} ${path.replaceAll("%", "%25").replaceAll("\n", "%0a")}`;
}

function readMemory(path: string): ReadonlyMap<string, string> {
	try {
		if (statSync(path).size > maxFileBytes) return new Map();
		const lines = readFileSync(path, "latin1").split("\n");
		if (lines[0] !== firstLine) return new Map();
		const entries = lines.slice(1, -1).map((line) => [line.slice(65), line.slice(0, 64)] as const);
		return new Map(entries.filter(([, digest]) => /^[0-9a-f]{64}$/.test(digest)));
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return new Map();
		throw error;
	}
}
