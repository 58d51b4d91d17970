import { readlinkSync, type Stats } from "node:fs";
import { type TarEntry, tarEntry, tarName } from "../../lib/index.ts";

/** The header of a file here. `seen` holds the names of files with several, so that the later ones are links. */
export function localEntry(item: {
	at: string;
	name: string;
	stat: Stats;
	seen: Map<string, string>;
}): TarEntry {
	const { at, stat, seen } = item;
	const name = tarName(item.name);
	const common = {
		mode: stat.mode & 0o7777,
		uid: stat.uid,
		gid: stat.gid,
		mtime: timeOf(stat.mtimeMs),
	};
	if (stat.isDirectory()) return tarEntry({ ...common, type: "directory", name: `${name}/` });
	if (stat.isSymbolicLink())
		return tarEntry({ ...common, type: "symlink", name, linkName: tarName(readlinkSync(at)) });
	const key = `${stat.dev}:${stat.ino}`;
	const first = stat.nlink > 1 ? seen.get(key) : undefined;
	if (first !== undefined) return tarEntry({ ...common, type: "hardlink", name, linkName: first });
	if (stat.nlink > 1) seen.set(key, name);
	if (stat.isFile()) return tarEntry({ ...common, type: "file", name, size: stat.size });
	const type = stat.isFIFO() ? "fifo" : stat.isBlockDevice() ? "block" : "character";
	return tarEntry({ ...common, type, name, ...deviceNumbers(stat) });
}

function timeOf(milliseconds: number): { seconds: number; nanos: number } {
	const seconds = Math.floor(milliseconds / 1000);
	return { seconds, nanos: Math.min(999_999_999, Math.round((milliseconds - seconds * 1000) * 1e6)) };
}

/** Linux's encoding of dev_t. */
function deviceNumbers({ rdev }: Stats): { deviceMajor: number; deviceMinor: number } {
	const device = BigInt(rdev);
	const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
	const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
	return { deviceMajor: Number(major), deviceMinor: Number(minor) };
}
