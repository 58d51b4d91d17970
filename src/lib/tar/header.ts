import { BLOCK_SIZE } from "./entry.ts";
import { parseNumber } from "./number.ts";

/** One header block as it stands: ustar's or GNU's fields, nothing applied to it yet. */
export interface RawHeader {
	readonly typeFlag: string;
	readonly name: string;
	readonly linkName: string;
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly size: number;
	readonly mtimeSeconds: number;
	readonly userName: string;
	readonly groupName: string;
	readonly deviceMajor: number;
	readonly deviceMinor: number;
}

/** Reads a header block. A fault is reported through `fail`, which throws. */
export function parseHeader(block: Buffer, fail: (reason: string, name?: string) => never): RawHeader {
	if (!checksumMatches(block)) fail("wrong checksum");
	const magic = block.toString("latin1", 257, 265);
	const posix = magic.startsWith("ustar\0");
	const gnu = magic === "ustar  \0";
	const name = fullName(block, posix);
	const number = (field: string, offset: number, length: number, minimum: number): number => {
		const value = parseNumber(block, offset, length);
		if (value === undefined) fail(`bad number in field ${field}`, name);
		if (value < minimum) fail(`negative ${field}`, name);
		return value;
	};
	const extended = posix || gnu;
	return {
		typeFlag: String.fromCharCode(block[156]!),
		name,
		linkName: text(block, 157, 100),
		mode: number("mode", 100, 8, 0) & 0o7777,
		uid: number("uid", 108, 8, 0),
		gid: number("gid", 116, 8, 0),
		size: number("size", 124, 12, 0),
		mtimeSeconds: number("mtime", 136, 12, Number.MIN_SAFE_INTEGER),
		userName: extended ? text(block, 265, 32) : "",
		groupName: extended ? text(block, 297, 32) : "",
		deviceMajor: extended ? number("device", 329, 8, 0) : 0,
		deviceMinor: extended ? number("device", 337, 8, 0) : 0,
	};
}

export function isZeroBlock(block: Buffer): boolean {
	for (let index = 0; index < BLOCK_SIZE; index++) if (block[index] !== 0) return false;
	return true;
}

/** The sum of all bytes with the checksum's own field as spaces; old tars summed signed bytes. */
function checksumMatches(block: Buffer): boolean {
	const expected = parseNumber(block, 148, 8);
	let unsigned = 8 * 0x20;
	let highBytes = 0;
	for (let index = 0; index < BLOCK_SIZE; index++) {
		if (index === 148) index = 156;
		const byte = block[index]!;
		unsigned += byte;
		if (byte > 127) highBytes++;
	}
	return expected === unsigned || expected === unsigned - 256 * highBytes;
}

/** POSIX keeps the front part of a long name apart; star's variant (trailer `tar\0`) has a shorter field for it. */
function fullName(block: Buffer, posix: boolean): string {
	const name = text(block, 0, 100);
	if (!posix) return name;
	const star = block.toString("latin1", 508, 512) === "tar\0";
	const prefix = text(block, 345, star ? 131 : 155);
	return prefix === "" ? name : `${prefix}/${name}`;
}

function text(block: Buffer, offset: number, length: number): string {
	const end = block.indexOf(0, offset);
	return block.toString("latin1", offset, end < 0 || end > offset + length ? offset + length : end);
}
