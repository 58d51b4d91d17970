import type { TreeEntry, TreePlaceFound } from "../../archive/index.ts";
import { fromByteString, toByteString } from "../../sys/index.ts";
import type { ContextMatch, FindOptions } from "../contract.ts";
import { cleanPath, excludeRules, type IgnoreRules } from "./ignore.ts";
import { parsePathPattern } from "./path-pattern.ts";

/** Asks a tree for places; paths are byte strings. */
export type Look = (
	paths: readonly string[],
	how: { readonly digests: boolean; readonly shallow: boolean },
) => Promise<readonly TreePlaceFound[]>;

/**
 * What patterns of COPY name, in their order and by path. A pattern without wildcards whose file is not there has a
 * match without entries. Go's filepath.Match, https://pkg.go.dev/path/filepath#Match; links in what comes before the
 * first wildcard are followed, and one that is matched itself.
 */
export async function findMatches(
	look: Look,
	patterns: readonly string[],
	options: FindOptions,
): Promise<readonly ContextMatch[]> {
	const wanted: { pattern: string; path: string }[] = [];
	for (const pattern of patterns)
		for (const path of await pathsOf(look, pattern, options)) wanted.push({ pattern, path });
	if (wanted.length === 0) return [];
	const places = await look(
		wanted.map(({ path }) => path),
		{ digests: true, shallow: false },
	);
	const excluded = options.excludes.length === 0 ? undefined : excludeRules(options.excludes);
	return wanted.flatMap(({ pattern, path }, index) => {
		const { entries } = places[index]!;
		if (excluded === undefined || entries.length === 0) return [{ pattern, path, entries }];
		const kept = withoutExcluded(entries, baseOf(path), excluded);
		return kept.length === 0 ? [] : [{ pattern, path, entries: kept }];
	});
}

async function pathsOf(look: Look, pattern: string, { deep }: FindOptions): Promise<readonly string[]> {
	const clean = cleanPath(pattern);
	const literal = parsePathPattern(clean).literal;
	if (literal !== undefined) return [toByteString(literal)];
	const parts = clean.split("/");
	const first = parts.findIndex((part) => parsePathPattern(part).literal === undefined);
	const prefix = toByteString(parts.slice(0, first).map(literalOf).join("/"));
	const rest = parts.slice(first).join("/");
	const matcher = parsePathPattern(deep ? rest : rest.replace(/\*\*+/g, "*"));
	const [place] = await look([prefix], { digests: false, shallow: false });
	const { path: base, entries } = place!;
	return entries.flatMap(({ path }) => {
		const below = belowOf(path, base);
		if (below === "" || !matcher.matches(fromByteString(below))) return [];
		return [prefix === "" ? below : `${prefix}/${below}`];
	});
}

function literalOf(part: string): string {
	return parsePathPattern(part).literal!;
}

/** Of a folder what is in it; of anything else its name. A folder stays when something in it does. */
function withoutExcluded(
	entries: readonly TreeEntry[],
	name: string,
	rules: IgnoreRules,
): readonly TreeEntry[] {
	const [root] = entries;
	if (root!.kind !== "folder") return rules.ignores(fromByteString(name)) ? [] : entries;
	const isKept = entries.map(
		({ path }) => path === root!.path || !rules.ignores(fromByteString(belowOf(path, root!.path))),
	);
	return keepWithFolders(entries, isKept);
}

/** Those that are kept, and the folders above them. Entries are in the order of a tree. */
export function keepWithFolders(entries: readonly TreeEntry[], isKept: readonly boolean[]): TreeEntry[] {
	const needed = new Set<string>();
	for (const [index, { path }] of entries.entries()) {
		if (!isKept[index]) continue;
		for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
			const folder = path.slice(0, at);
			if (needed.has(folder)) break;
			needed.add(folder);
		}
	}
	return entries.filter(({ path }, index) => isKept[index] || needed.has(path));
}

/** `a/b/c` below `a`: `b/c`. */
export function belowOf(path: string, base: string): string {
	return base === "" ? path : path.slice(base.length + 1);
}

export function baseOf(path: string): string {
	return path.slice(path.lastIndexOf("/") + 1);
}
