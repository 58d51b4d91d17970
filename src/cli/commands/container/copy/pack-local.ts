import { createReadStream, lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { type TarEntry, tarEntry, tarName, writeTar } from "../../../../lib/index.ts";

interface Item {
	readonly entry: TarEntry;
	readonly content?: AsyncIterable<Uint8Array>;
}

/**
 * A file or folder here as a tar whose root has the given name. Hard links inside stay links; sockets are left out,
 * as tar does. `count` gets the bytes that were read.
 */
export function packLocal(
	path: string,
	options: { rootName: string; count: { bytes: number } },
): AsyncIterable<Uint8Array> {
	const seen = new Map<string, string>();
	return writeTar(items(path, options.rootName));

	async function* items(at: string, name: string): AsyncGenerator<Item> {
		const stat = lstatSync(at);
		if (stat.isSocket()) return;
		const entry = entryOf({ at, name, stat, seen });
		if (entry.type === "file" && entry.size > 0) {
			options.count.bytes += entry.size;
			yield { entry, content: createReadStream(at, { end: entry.size - 1, highWaterMark: 1024 * 1024 }) };
		} else yield { entry };
		if (!stat.isDirectory()) return;
		for (const child of readdirSync(at).sort()) yield* items(`${at}/${child}`, `${name}/${child}`);
	}
}

function entryOf(item: { at: string; name: string; stat: Stats; seen: Map<string, string> }): TarEntry {
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
