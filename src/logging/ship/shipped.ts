import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { parseNanos } from "../../api/syntax.ts";
import type { LogPlace } from "../files/follow.ts";

const recordBytes = 32;
const low64 = (1n << 64n) - 1n;

/**
 * How far a log was shipped, on disk: inode number, offset, time of birth of the file, time of the entry that ends
 * there, 8 bytes each, little endian. hull-shim reads the first two.
 */
export class Shipped implements Disposable {
	readonly #fd: number;

	constructor(path: string) {
		this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o640);
	}

	read(): LogPlace | undefined {
		const record = Buffer.alloc(recordBytes);
		if (readSync(this.#fd, record, 0, recordBytes, 0) !== recordBytes) return undefined;
		return {
			identity: (record.readBigUInt64LE(16) << 64n) | record.readBigUInt64LE(0),
			offset: Number(record.readBigUInt64LE(8)),
			time: record.readBigUInt64LE(24),
		};
	}

	write({ identity, offset, time }: LogPlace): void {
		const record = Buffer.alloc(recordBytes);
		record.writeBigUInt64LE(identity & low64, 0);
		record.writeBigUInt64LE(BigInt(offset), 8);
		record.writeBigUInt64LE(identity >> 64n, 16);
		record.writeBigUInt64LE(time, 24);
		writeSync(this.#fd, record, 0, recordBytes, 0);
	}

	[Symbol.dispose](): void {
		closeSync(this.#fd);
	}
}

/** Of the last whole line of a text; 0 when that is no entry. */
export function timeAtEnd(text: string): bigint {
	return parseNanos(/"time":"([^"]*)"\}\n?$/.exec(text)?.[1] ?? "");
}
