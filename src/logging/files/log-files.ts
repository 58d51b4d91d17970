import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { errnoOf } from "../../lib/index.ts";

/** One file of a log, open: it stays readable when rotation renames or removes it. */
export interface LogFile extends Disposable {
	/**
	 * Tells files apart whatever they are called by now: inode number, and time of birth in nanoseconds above 64 bits,
	 * since numbers are given again at once. Of a compressed file, that of the one it was made from.
	 */
	readonly identity: bigint;
	/** Bytes there now; grows while the file is written to. */
	size(): number;
	/** Bytes read at an offset; 0 at the end. */
	read(buffer: Uint8Array, offset: number): number;
}

/**
 * All files of a log, oldest first. They are opened from the newest on: a rotation in between shows the newest once
 * more under its next name, where it is left out, and hides nothing.
 */
export function openLogFiles(path: string): LogFile[] {
	const files: LogFile[] = [];
	const seen = new Set<bigint>();
	for (let n = 0; ; n++) {
		const file = openLogFile(n === 0 ? path : `${path}.${n}`);
		if (file === undefined && n > 0) break;
		if (file === undefined) continue;
		if (seen.has(file.identity)) {
			file[Symbol.dispose]();
			continue;
		}
		seen.add(file.identity);
		files.push(file);
	}
	return files.reverse();
}

/** The files that came after one that was read to its end, oldest first; all that are left when it is gone. */
export function openSuccessors(path: string, identity: bigint): LogFile[] {
	const files = openLogFiles(path);
	const at = files.findIndex((file) => file.identity === identity);
	for (const old of files.splice(0, at + 1)) old[Symbol.dispose]();
	return files;
}

/** True while the path still names the file. */
export function isCurrent(path: string, identity: bigint): boolean {
	const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
	return stat !== undefined && identityOf(stat) === identity;
}

/** The file as it is now: what is written from here on is not seen. Disposing it disposes the file. */
export function frozen(file: LogFile): LogFile {
	const size = file.size();
	return {
		identity: file.identity,
		size: () => size,
		read: (buffer, offset) => file.read(buffer.subarray(0, Math.max(0, size - offset)), offset),
		[Symbol.dispose]: () => file[Symbol.dispose](),
	};
}

function openLogFile(path: string): LogFile | undefined {
	return openPlain(path) ?? openCompressed(`${path}.gz`);
}

function openPlain(path: string): LogFile | undefined {
	let fd: number;
	try {
		fd = openSync(path, "r");
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
	return {
		identity: identityOf(fstatSync(fd, { bigint: true })),
		size: () => fstatSync(fd).size,
		read: (buffer, offset) => readSync(fd, buffer, 0, buffer.length, offset),
		[Symbol.dispose]: () => closeSync(fd),
	};
}

/** A rotated file is as small as the limit that rotated it, so it is unpacked in memory. */
function openCompressed(path: string): LogFile | undefined {
	const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
	if (stat === undefined) return undefined;
	const packed = readFileSync(path);
	const content = gunzipSync(packed);
	return {
		identity: originOf(packed) ?? identityOf(stat),
		size: () => content.length,
		read(buffer, offset) {
			const part = content.subarray(offset, offset + buffer.length);
			buffer.set(part);
			return part.length;
		},
		[Symbol.dispose]: () => undefined,
	};
}

function identityOf(stat: { readonly ino: bigint; readonly birthtimeNs: bigint }): bigint {
	return (stat.birthtimeNs << 64n) | stat.ino;
}

/** What hull-shim puts before the content: an empty member with an extra field `HL`, inode number and birth. */
function originOf(packed: Buffer): bigint | undefined {
	const head = Buffer.from([0x14, 0x00, 0x48, 0x4c, 0x10, 0x00]);
	if (packed.length < 32 || !packed.subarray(10, 16).equals(head)) return undefined;
	return (packed.readBigUInt64LE(24) << 64n) | packed.readBigUInt64LE(16);
}
