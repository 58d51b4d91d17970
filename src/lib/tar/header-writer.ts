import { EngineError } from "../errors.ts";
import { BLOCK_SIZE, type TarEntry, type TarEntryType, tarText } from "./entry.ts";
import { writeOctal } from "./number.ts";
import { formatPaxRecord, formatPaxTime } from "./pax.ts";

const typeFlags: Readonly<Record<TarEntryType, string>> = {
	file: "0",
	hardlink: "1",
	symlink: "2",
	character: "3",
	block: "4",
	directory: "5",
	fifo: "6",
};

/**
 * The header blocks of an entry: plain ustar when all fits, else with a pax extended header in front. The same entry
 * always gives the same bytes. A sparse file gets GNU's format 1.0; what must follow is its data without the holes.
 */
export function formatTarHeader(entry: TarEntry): Buffer {
	const records = new Map<string, Uint8Array>();
	const map = entry.extents === undefined ? undefined : formatSparseMap(entry);
	const stored = map === undefined ? entry.size : map.length + dataBytes(entry);
	const name = map === undefined ? entry.name : sparseName(entry.name);
	if (map !== undefined) {
		records.set("GNU.sparse.major", Buffer.from("1"));
		records.set("GNU.sparse.minor", Buffer.from("0"));
		records.set("GNU.sparse.name", bytes(entry.name));
		records.set("GNU.sparse.realsize", Buffer.from(String(entry.size)));
	}
	const block = formatBlock({ ...entry, name }, typeFlags[entry.type], stored, (key, value) =>
		records.set(key, value),
	);
	for (const [key, value] of entry.xattrs) records.set(`SCHILY.xattr.${key}`, value);
	const parts = records.size === 0 ? [block] : [...formatPax(entry.name, records), block];
	if (map !== undefined) parts.push(map);
	return parts.length === 1 ? block : Buffer.concat(parts);
}

const padding = Buffer.alloc(BLOCK_SIZE);

/** The zeros that must follow an entry's content. */
export function tarPadding(entry: TarEntry): Buffer {
	const stored = entry.extents === undefined ? entry.size : dataBytes(entry);
	return padding.subarray(0, (BLOCK_SIZE - (stored % BLOCK_SIZE)) % BLOCK_SIZE);
}

/** The end-of-archive mark. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * BLOCK_SIZE);

function formatPax(name: string, records: ReadonlyMap<string, Uint8Array>): Buffer[] {
	const sorted = [...records].sort(([one], [other]) => (one < other ? -1 : 1));
	const body = Buffer.concat(sorted.map(([key, value]) => formatPaxRecord(key, value)));
	const header: PlainFields = {
		name: paxHeaderName(name),
		linkName: "",
		mode: 0,
		uid: 0,
		gid: 0,
		userName: "",
		groupName: "",
		mtime: { seconds: 0, nanos: 0 },
		deviceMajor: 0,
		deviceMinor: 0,
	};
	const block = formatBlock(header, "x", body.length, (key) => {
		throw new EngineError("invalid_argument", `pax header of ${tarText(name)}: ${key} does not fit`);
	});
	return [block, body, Buffer.alloc((BLOCK_SIZE - (body.length % BLOCK_SIZE)) % BLOCK_SIZE)];
}

type PlainFields = Omit<TarEntry, "type" | "size" | "xattrs" | "extents">;

function formatBlock(
	fields: PlainFields,
	typeFlag: string,
	size: number,
	extend: (key: string, value: Uint8Array) => void,
): Buffer {
	const block = Buffer.alloc(BLOCK_SIZE);
	const number = (key: string, offset: number, length: number, value: number) => {
		if (!writeOctal(block, { offset, length }, value)) extend(key, Buffer.from(String(value)));
	};
	const text = (key: string, offset: number, length: number, value: string) => {
		if (value.length > length) extend(key, bytes(value));
		block.write(value.slice(0, length), offset, "latin1");
	};
	writeName(block, fields.name, extend);
	number("mode", 100, 8, fields.mode & 0o7777);
	number("uid", 108, 8, fields.uid);
	number("gid", 116, 8, fields.gid);
	number("size", 124, 12, size);
	const { mtime } = fields;
	const timeFits = writeOctal(block, { offset: 136, length: 12 }, mtime.seconds);
	if (!timeFits || mtime.nanos !== 0) extend("mtime", Buffer.from(formatPaxTime(mtime)));
	block.write(typeFlag, 156, "latin1");
	text("linkpath", 157, 100, fields.linkName);
	block.write("ustar\0" + "00", 257, "latin1");
	text("uname", 265, 32, fields.userName);
	text("gname", 297, 32, fields.groupName);
	number("SCHILY.devmajor", 329, 8, fields.deviceMajor);
	number("SCHILY.devminor", 337, 8, fields.deviceMinor);
	writeChecksum(block);
	return block;
}

/** Up to 100 bytes, or split at a slash into a prefix of up to 155 and the rest. */
function writeName(block: Buffer, name: string, extend: (key: string, value: Uint8Array) => void): void {
	if (name.length <= 100) {
		block.write(name, 0, "latin1");
		return;
	}
	const slash = name.indexOf("/", name.length - 101);
	if (slash > 0 && slash <= 155 && slash < name.length - 1) {
		block.write(name.slice(slash + 1), 0, "latin1");
		block.write(name.slice(0, slash), 345, "latin1");
		return;
	}
	extend("path", bytes(name));
	block.write(name.slice(0, 100), 0, "latin1");
}

function writeChecksum(block: Buffer): void {
	block.fill(0x20, 148, 156);
	let sum = 0;
	for (const byte of block) sum += byte;
	block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

function paxHeaderName(name: string): string {
	const trimmed = name.replace(/\/+$/, "");
	const slash = trimmed.lastIndexOf("/");
	const directory = slash < 0 ? "" : trimmed.slice(0, slash + 1);
	return `${directory}PaxHeaders.0/${trimmed.slice(slash + 1)}`.slice(0, 100);
}

/** What readers that do not know the format make of it. */
function sparseName(name: string): string {
	const slash = name.lastIndexOf("/");
	return `${name.slice(0, slash + 1)}GNUSparseFile.0/${name.slice(slash + 1)}`;
}

function formatSparseMap({ extents = [], size }: TarEntry): Buffer {
	const pieces = [...(extents ?? [])];
	const last = pieces.at(-1);
	// GNU tar marks a hole at the end by a piece of no length.
	if (last === undefined || last.offset + last.length < size) pieces.push({ offset: size, length: 0 });
	const text = `${pieces.length}\n${pieces.map(({ offset, length }) => `${offset}\n${length}\n`).join("")}`;
	const map = Buffer.alloc(Math.ceil(text.length / BLOCK_SIZE) * BLOCK_SIZE);
	map.write(text, "latin1");
	return map;
}

function dataBytes({ extents }: TarEntry): number {
	return (extents ?? []).reduce((sum, { length }) => sum + length, 0);
}

function bytes(text: string): Buffer {
	return Buffer.from(text, "latin1");
}
