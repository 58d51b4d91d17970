import { EngineError } from "../lib/index.ts";

/** One name in a tree, as a build sees it. Paths and texts of links are byte strings. */
export interface TreeEntry {
	/** Below the root, without outer slashes; empty: the root itself. */
	readonly path: string;
	readonly kind: TreeEntryKind;
	/** Permission bits, setuid, setgid and sticky. */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	/** Of a file; else 0. */
	readonly sizeBytes: number;
	readonly modified: { readonly seconds: number; readonly nanos: number };
	/** Of a file's content: sha256, hexadecimal. Empty where nobody asked for it. */
	readonly digest: string;
	/** Of a link its text; of a device `c 1:3` or `b 8:0`. */
	readonly target: string;
	/** Name → base64. */
	readonly xattrs: Readonly<Record<string, string>>;
	/** Names of one file, hard links, have the same text; empty for a file with one name. */
	readonly sameAs: string;
	/** Of a file in a bundle: where its bytes are. Holes are in none. */
	readonly pieces: readonly BundlePiece[];
}

export type TreeEntryKind = (typeof kinds)[number];

/** Offset in the file, offset in the bundle, length. */
export type BundlePiece = readonly [number, number, number];

const kinds = ["file", "folder", "link", "fifo", "device"] as const;

const pathMax = 4096;
const maxXattrBytes = 128 << 10;

/** An entry as a line between the daemon and a worker carries it. */
export function encodeEntry(entry: TreeEntry): unknown[] {
	const { path, kind, mode, uid, gid, sizeBytes, modified, digest, target, xattrs, sameAs, pieces } = entry;
	const time = [modified.seconds, modified.nanos];
	return [path, kinds.indexOf(kind), mode, uid, gid, sizeBytes, time, digest, target, xattrs, sameAs, pieces];
}

/** Checks what a worker says that it found. Errors: `runtime_failed`. */
export function decodeEntry(value: unknown): TreeEntry {
	if (!Array.isArray(value) || value.length !== 12) throw unexpected("an entry");
	const [path, kind, mode, uid, gid, sizeBytes, modified, digest, target, xattrs, sameAs, pieces] =
		value as unknown[];
	if (!isPath(path)) throw unexpected("a path");
	const kindName = kinds[whole(kind, kinds.length - 1)]!;
	if (typeof digest !== "string" || !/^(?:[0-9a-f]{64})?$/.test(digest)) throw unexpected("a digest");
	if (!Array.isArray(modified) || modified.length !== 2 || !Number.isSafeInteger(modified[0]))
		throw unexpected("a time");
	return {
		path,
		kind: kindName,
		mode: whole(mode, 0o7777),
		uid: whole(uid, 0xffffffff),
		gid: whole(gid, 0xffffffff),
		sizeBytes: whole(sizeBytes, Number.MAX_SAFE_INTEGER),
		modified: { seconds: modified[0] as number, nanos: whole(modified[1], 999_999_999) },
		digest,
		target: short(target),
		xattrs: decodeXattrs(xattrs),
		sameAs: short(sameAs),
		pieces: decodePieces(pieces),
	};
}

/** No name in it leads anywhere else. */
function isPath(value: unknown): value is string {
	if (typeof value !== "string" || value.length >= pathMax || value.includes("\0")) return false;
	return value === "" || value.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function decodeXattrs(value: unknown): Readonly<Record<string, string>> {
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw unexpected("xattrs");
	let bytes = 0;
	for (const [name, content] of Object.entries(value)) {
		if (typeof content !== "string") throw unexpected("xattrs");
		bytes += name.length + content.length;
	}
	if (bytes > maxXattrBytes) throw unexpected("xattrs");
	return value as Record<string, string>;
}

function decodePieces(value: unknown): readonly BundlePiece[] {
	if (!Array.isArray(value)) throw unexpected("pieces");
	for (const piece of value as unknown[]) {
		if (!Array.isArray(piece) || piece.length !== 3) throw unexpected("pieces");
		for (const number of piece) whole(number, Number.MAX_SAFE_INTEGER);
	}
	return value as BundlePiece[];
}

function whole(value: unknown, max: number): number {
	if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > max)
		throw unexpected("a number");
	return value as number;
}

function short(value: unknown): string {
	if (typeof value !== "string" || value.length > pathMax + 64) throw unexpected("a text");
	return value;
}

function unexpected(what: string): EngineError {
	return new EngineError(
		"runtime_failed",
		`archive worker: unexpected message: ${what} in a list of entries`,
	);
}
