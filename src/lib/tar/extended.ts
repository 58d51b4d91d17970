import type { TarEntry, TarEntryType, TarExtent, TarTime } from "./entry.ts";
import type { RawHeader } from "./header.ts";
import { type PaxRecord, parsePaxNumber, parsePaxTime } from "./pax.ts";
import { parseExtentList } from "./sparse.ts";

type Fail = (reason: string, name?: string) => never;

/** What headers before the entry's own said about it. */
export interface Extensions {
	/** pax records, global ones first: a later one of a key wins, an empty value takes an earlier one back. */
	readonly records: readonly PaxRecord[];
	/** GNU long name and long link. */
	readonly longName: string | undefined;
	readonly longLink: string | undefined;
}

/** An entry and how its content is stored. */
export interface ResolvedHeader {
	readonly entry: TarEntry;
	/** Bytes that follow in the archive, padding left out. */
	readonly storedBytes: number;
	/** Where the map of a sparse file is. */
	readonly sparse: "none" | "old" | "listed" | "in-data";
}

const types: Readonly<Record<string, TarEntryType>> = {
	"0": "file",
	"\0": "file",
	"7": "file",
	"1": "hardlink",
	"2": "symlink",
	"3": "character",
	"4": "block",
	"5": "directory",
	"6": "fifo",
	S: "file",
};

/** Applies the extensions to a header. */
export function resolveHeader(header: RawHeader, extensions: Extensions, fail: Fail): ResolvedHeader {
	const pax = applyRecords(header, extensions, fail);
	const name = pax.text("GNU.sparse.name") ?? pax.text("path") ?? extensions.longName ?? header.name;
	const failHere: (reason: string) => never = (reason) => fail(reason, name);
	if (name === "") failHere("entry without a name");
	let type = types[header.typeFlag];
	if (type === undefined) failHere(`unsupported entry type ${JSON.stringify(header.typeFlag)}`);
	// Before POSIX a directory was a file whose name ends in a slash.
	if (header.typeFlag === "\0" && name.endsWith("/")) type = "directory";
	const stored = type === "file" ? (pax.number("size") ?? header.size) : 0;
	const sparse = type === "file" ? sparseKind(header, pax, failHere) : { kind: "none" as const };
	const device = type === "character" || type === "block";
	return {
		entry: {
			type,
			name,
			linkName:
				type === "symlink" || type === "hardlink"
					? (pax.text("linkpath") ?? extensions.longLink ?? header.linkName)
					: "",
			mode: header.mode,
			uid: pax.number("uid") ?? header.uid,
			gid: pax.number("gid") ?? header.gid,
			userName: pax.text("uname") ?? header.userName,
			groupName: pax.text("gname") ?? header.groupName,
			size: sparse.size ?? stored,
			mtime: pax.time("mtime") ?? { seconds: header.mtimeSeconds, nanos: 0 },
			deviceMajor: device ? header.deviceMajor : 0,
			deviceMinor: device ? header.deviceMinor : 0,
			xattrs: pax.xattrs,
			extents: sparse.extents,
		},
		storedBytes: stored,
		sparse: sparse.kind,
	};
}

interface PaxValues {
	readonly text: (key: string) => string | undefined;
	readonly number: (key: string) => number | undefined;
	readonly time: (key: string) => TarTime | undefined;
	readonly xattrs: ReadonlyMap<string, Uint8Array>;
	/** Values of the keys of sparse format 0.0, in the order they came. */
	readonly sparsePairs: readonly string[];
}

const xattrPrefix = "SCHILY.xattr.";
const noValues: PaxValues = {
	text: () => undefined,
	number: () => undefined,
	time: () => undefined,
	xattrs: new Map(),
	sparsePairs: [],
};

function applyRecords(header: RawHeader, { records }: Extensions, fail: Fail): PaxValues {
	if (records.length === 0) return noValues;
	const values = new Map<string, Buffer>();
	const xattrs = new Map<string, Uint8Array>();
	const sparsePairs: string[] = [];
	for (const { key, value } of records) {
		if (key.startsWith(xattrPrefix)) xattrs.set(key.slice(xattrPrefix.length), value);
		else if (value.length === 0) values.delete(key);
		else values.set(key, value);
		if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes")
			sparsePairs.push(value.toString("latin1"));
	}
	const text = (key: string) => values.get(key)?.toString("latin1");
	const name = text("path") ?? header.name;
	for (const key of ["path", "linkpath", "GNU.sparse.name", "uname", "gname"])
		if (text(key)?.includes("\0")) fail(`NUL in pax record ${key}`, name);
	for (const key of xattrs.keys()) if (key === "" || key.includes("\0")) fail("bad name of an xattr", name);
	const parsed = <T>(key: string, parse: (value: string) => T | undefined): T | undefined => {
		const value = text(key);
		if (value === undefined) return undefined;
		return parse(value) ?? fail(`bad number in pax record ${key}`, name);
	};
	return {
		text,
		number: (key) => parsed(key, parsePaxNumber),
		time: (key) => parsed(key, parsePaxTime),
		xattrs,
		sparsePairs,
	};
}

interface SparseKind {
	readonly kind: ResolvedHeader["sparse"];
	readonly size?: number;
	readonly extents?: readonly TarExtent[];
}

function sparseKind(header: RawHeader, pax: PaxValues, fail: (reason: string) => never): SparseKind {
	if (header.typeFlag === "S") return { kind: "old" };
	const major = pax.number("GNU.sparse.major");
	if (major !== undefined) {
		const version = `${major}.${pax.number("GNU.sparse.minor") ?? 0}`;
		if (version !== "1.0") fail(`unsupported sparse format ${version}`);
		return { kind: "in-data", size: pax.number("GNU.sparse.realsize") ?? fail("sparse file without a size") };
	}
	const size = pax.number("GNU.sparse.size");
	if (size === undefined) return { kind: "none" };
	const list = pax.text("GNU.sparse.map")?.split(",") ?? pax.sparsePairs;
	return { kind: "listed", size, extents: parseExtentList(list, fail) };
}
