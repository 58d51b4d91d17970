import type { SoftwarePackage } from "../../contract.ts";
import type { TreeFile } from "./tree-files.ts";

/**
 * Modules of a program that Go 1.18 or newer linked: the section `.go.buildinfo` begins with a magic, says by a flag
 * that two texts follow, each after its length (a varint): the version of Go and the list of modules. Older programs
 * have pointers there and are left out. https://pkg.go.dev/debug/buildinfo
 */
export function* goModules(file: TreeFile): Generator<SoftwarePackage> {
	if (!file.isExecutable || file.sizeBytes < 64 * 1024) return;
	const section = buildInfoSection(file);
	if (section === undefined) return;
	const info = file.bytes(section.offset, Math.min(section.length, maxInfoBytes));
	if (info.length < 33 || !info.subarray(0, 14).equals(magic) || (info[15]! & 2) === 0) return;
	const [goVersion, next] = textAt(info, 32);
	const [list] = textAt(info, next);
	const { location } = file;
	if (/^go\d/.test(goVersion))
		yield { type: "golang", name: "stdlib", version: goVersion.slice(2).split(" ")[0]!, location };
	// The list stands between two marks of 16 bytes.
	yield* modulesOf(list.slice(16, -16), location);
}

const magic = Buffer.from("\xff Go buildinf:", "latin1");
const maxInfoBytes = 4 * 1024 * 1024;
const maxSections = 1000;

function* modulesOf(list: string, location: string): Generator<SoftwarePackage> {
	let last: { name: string; version: string } | undefined;
	for (const line of list.split("\n")) {
		const [kind, name = "", version = ""] = line.split("\t");
		if (kind === "=>") last = { name, version };
		else {
			if (last !== undefined) yield moduleAt(last, location);
			last = kind === "mod" || kind === "dep" ? { name, version } : undefined;
		}
	}
	if (last !== undefined) yield moduleAt(last, location);
}

function moduleAt({ name, version }: { name: string; version: string }, location: string): SoftwarePackage {
	return { type: "golang", name, version, location };
}

/** A length as varint, then so many bytes. An empty text where it does not fit. */
function textAt(bytes: Buffer, start: number): [text: string, next: number] {
	let length = 0;
	let at = start;
	for (let shift = 0; shift < 28; shift += 7) {
		const byte = bytes[at++];
		if (byte === undefined) return ["", bytes.length];
		length += (byte & 0x7f) * 2 ** shift;
		if ((byte & 0x80) === 0) break;
	}
	if (at + length > bytes.length) return ["", bytes.length];
	return [bytes.toString("utf8", at, at + length), at + length];
}

/** Where `.go.buildinfo` lies in a 64-bit little-endian ELF file. elf(5) */
function buildInfoSection(file: TreeFile): { offset: number; length: number } | undefined {
	const header = file.bytes(0, 64);
	if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
		return undefined;
	const table = number64(header, 0x28);
	const size = header.readUInt16LE(0x3a);
	const count = Math.min(header.readUInt16LE(0x3c), maxSections);
	if (size < 64 || size > 256 || !Number.isSafeInteger(table)) return undefined;
	const sections = file.bytes(table, size * count);
	const names = header.readUInt16LE(0x3e) * size;
	if (names + 64 > sections.length) return undefined;
	const nameTable = file.bytes(
		number64(sections, names + 0x18),
		Math.min(number64(sections, names + 0x20), 1 << 20),
	);
	for (let at = 0; at + 64 <= sections.length; at += size) {
		const name = sections.readUInt32LE(at);
		const wanted = ".go.buildinfo\0";
		if (nameTable.toString("latin1", name, name + wanted.length) !== wanted) continue;
		return { offset: number64(sections, at + 0x18), length: number64(sections, at + 0x20) };
	}
	return undefined;
}

/** An offset or length; what lies beyond any file is taken as the end of one. */
function number64(bytes: Buffer, at: number): number {
	const value = bytes.readBigUInt64LE(at);
	return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}
