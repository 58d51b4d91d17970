import { createLineReader, type LineReader } from "./line-reader.ts";
import { isCurrent, type LogFile, openLogFiles } from "./log-files.ts";
import { LogSequence } from "./sequence.ts";

/** How far a log was read: to an offset in a file. */
export interface LogPlace {
	readonly identity: bigint;
	readonly offset: number;
	/** Of the entry that ends there, in nanoseconds; 0 at the beginning of a file. Inode numbers are given anew. */
	readonly time: bigint;
}

/** Whole lines, and where the next one begins. */
export interface LogLines {
	readonly lines: readonly string[];
	readonly identity: bigint;
	readonly offset: number;
}

/** Reads a log that is being written, file by file, each line once. */
export class LogFollower implements Disposable {
	readonly #path: string;
	readonly #open: LogSequence;
	#reader: LineReader | undefined;
	#offset = 0;

	/** Begins behind `place`, or with the oldest line that is left when that is gone. `endsAt` says what ends there. */
	constructor(path: string, place: LogPlace | undefined, endsAt: (line: string) => bigint) {
		this.#path = path;
		const files = openLogFiles(path);
		this.#open = new LogSequence(path, files);
		const index = place === undefined ? -1 : files.findIndex((file) => isAt(file, place, endsAt));
		if (index < 0) return;
		this.#open.dropUntil(index);
		this.#offset = place!.offset;
	}

	/** What is there by now. */
	*lines(): Generator<LogLines> {
		for (;;) {
			if (this.#open.files.length === 0) this.#open.findMore();
			const file = this.#open.files[0];
			if (file === undefined) return;
			this.#reader ??= createLineReader(file, this.#offset);
			// Asked before reading: then what was written until the rotation is read for sure.
			const isLast = this.#open.files.length > 1 || !isCurrent(this.#path, file.identity);
			for (const lines of this.#reader.lines())
				yield { lines, identity: file.identity, offset: this.#reader.offset };
			if (!isLast) return;
			this.#next();
		}
	}

	/** Bytes that are not read yet, of the files that are there. */
	lagBytes(): number {
		if (this.#open.files.length < 2) this.#findNewer();
		const read = this.#reader?.offset ?? this.#offset;
		return this.#open.files.reduce((sum, file) => sum + file.size(), 0) - read;
	}

	/** Leaves out whole files, the oldest first, until no more than that many bytes are left, or one file. */
	skipTo(maxBytes: number): void {
		while (this.lagBytes() > maxBytes && this.#open.files.length > 1) this.#next();
		const file = this.#open.files[0];
		if (file === undefined || this.lagBytes() <= maxBytes) return;
		this.#offset = lineAfter(file, file.size() - maxBytes);
		this.#reader = undefined;
	}

	#findNewer(): void {
		const file = this.#open.files[0];
		if (file !== undefined && !isCurrent(this.#path, file.identity)) this.#open.findNewer();
	}

	#next(): void {
		this.#open.finish();
		this.#reader = undefined;
		this.#offset = 0;
	}

	[Symbol.dispose](): void {
		this.#open[Symbol.dispose]();
	}
}

const lineEndBytes = 256;
const newline = 10;

/** True when the file is the one that was read: an entry ends there, and it is that of that time. */
function isAt(file: LogFile, place: LogPlace, endsAt: (line: string) => bigint): boolean {
	if (file.identity !== place.identity || place.offset > file.size()) return false;
	if (place.offset === 0) return true;
	const start = Math.max(0, place.offset - lineEndBytes);
	const buffer = Buffer.alloc(place.offset - start);
	file.read(buffer, start);
	return endsAt(buffer.toString("latin1")) === place.time;
}

function lineAfter(file: LogFile, offset: number): number {
	const buffer = Buffer.alloc(64 * 1024);
	for (let at = offset; ; at += buffer.length) {
		const length = file.read(buffer, at);
		const end = buffer.subarray(0, length).indexOf(newline);
		if (end >= 0) return at + end + 1;
		if (length < buffer.length) return at + length;
	}
}
