import type { TreeEntry } from "../../archive/index.ts";
import { fromByteString } from "../../sys/index.ts";
import { keepWithFolders } from "./find-matches.ts";
import { type IgnoreRules, parseIgnoreFile } from "./ignore.ts";

export type { IgnoreRules } from "./ignore.ts";

/** `<Dockerfile>.dockerignore`, or else `.dockerignore`; `undefined` when neither leaves anything out. */
export async function readIgnoreRules(
	readText: (path: string) => Promise<string | undefined>,
	dockerfile: string,
): Promise<IgnoreRules | undefined> {
	const own = dockerfile === "" ? undefined : await readText(`${dockerfile}.dockerignore`);
	const text = own ?? (await readText(".dockerignore"));
	return text === undefined || text.trim() === "" ? undefined : parseIgnoreFile(text);
}

/** What is kept, with the folders above it. */
export function withoutIgnored(entries: readonly TreeEntry[], rules: IgnoreRules): readonly TreeEntry[] {
	const isKept = entries.map(({ path }) => path === "" || !rules.ignores(fromByteString(path)));
	return keepWithFolders(entries, isKept);
}

/** Folders and files that are left out with all that is in them, the topmost of each. */
export function skippedPaths(entries: readonly TreeEntry[], rules: IgnoreRules): readonly string[] {
	const kept = new Set(withoutIgnored(entries, rules).map(({ path }) => path));
	const skipped: string[] = [];
	let last: string | undefined;
	for (const { path } of entries) {
		if (kept.has(path) || (last !== undefined && path.startsWith(`${last}/`))) continue;
		skipped.push(path);
		last = path;
	}
	return skipped;
}
