import type { Dirent, Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../lib/index.ts";

/**
 * Bytes of all files below a folder, as Docker counts them: lengths, a hard link once, links themselves not followed.
 * Files that vanish meanwhile count nothing.
 */
export async function treeBytes(folder: string): Promise<number> {
	const seen = new Set<string>();
	const pending = [folder];
	let total = 0;
	for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
		for (const entry of await entriesOf(next)) {
			const path = join(next, entry.name);
			if (entry.isDirectory()) pending.push(path);
			else total += countOnce(seen, await statOf(path));
		}
	}
	return total;
}

function countOnce(seen: Set<string>, stats: Stats | undefined): number {
	if (stats === undefined) return 0;
	if (stats.nlink === 1) return stats.size;
	const inode = `${stats.dev}:${stats.ino}`;
	if (seen.has(inode)) return 0;
	seen.add(inode);
	return stats.size;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
	try {
		return await readdir(folder, { withFileTypes: true });
	} catch (error) {
		if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return [];
		throw error;
	}
}

async function statOf(path: string): Promise<Stats | undefined> {
	try {
		return await lstat(path);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}
