import type { Archive, ArchiveRoot, TreeEntry, TreePlaceFound } from "../../archive/index.ts";
import { toByteString } from "../../sys/index.ts";
import type { BuildContext } from "../contract.ts";
import { findMatches, type Look } from "./find-matches.ts";
import { cleanPath } from "./ignore.ts";
import { type IgnoreRules, readIgnoreRules, skippedPaths, withoutIgnored } from "./ignored-entries.ts";
import { maxTextBytes } from "./uploaded.ts";

export interface ScannedOptions {
	readonly archive: Archive;
	readonly root: ArchiveRoot;
	/** Whose the files are: as the tree says, or root's, as those of an upload. */
	readonly owner: "own" | "root";
	/** Apply the rules of this Dockerfile's ignore file. */
	readonly dockerfile?: string;
	/** Left out with what is in them, besides. */
	readonly skipped?: readonly string[];
	/** A file that keeps digests from one build to the next. */
	readonly memory?: string;
	readonly dispose?: () => PromiseLike<void>;
	readonly signal?: AbortSignal | undefined;
}

/** A context that is a tree: what is asked for is looked up in it, no more of it than that. */
export async function scannedContext(options: ScannedOptions): Promise<BuildContext> {
	const { archive, root, memory, signal } = options;
	const readText = async (path: string) => {
		const bytes = await archive.readFile(root, `/${cleanPath(path)}`, maxTextBytes);
		return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
	};
	const rules =
		options.dockerfile === undefined ? undefined : await readIgnoreRules(readText, options.dockerfile);
	const skipped = [...(options.skipped ?? []), ...(await ignoredPaths(options, rules))];
	const found = (place: TreePlaceFound) => {
		const seen = place.entries.filter(({ path }) => !isBelowOne(path, options.skipped ?? []));
		const kept = rules === undefined ? seen : withoutIgnored(seen, rules);
		return { path: place.path, entries: options.owner === "own" ? kept : kept.map(ofRoot) };
	};
	const look: Look = async (paths, how) => {
		const question = { paths, skipped, ...how, ...(how.digests && memory !== undefined ? { memory } : {}) };
		return (await archive.scanTree(root, question, signal)).map(found);
	};
	return {
		// Of what is not a stage's somebody may be at work in it.
		source: { kind: "tree", root, isLive: options.owner === "root" },
		find: (patterns, how) => findMatches(look, patterns, how),
		readText,
		async look(path) {
			const [place] = await look([toByteString(cleanPath(path))], { digests: false, shallow: true });
			return place?.entries[0];
		},
		tree: async () => root,
		[Symbol.asyncDispose]: async () => options.dispose?.(),
	};
}

/** So that nothing of a big folder that nobody wants (`node_modules`) is read. */
async function ignoredPaths(
	{ archive, root, signal }: ScannedOptions,
	rules: IgnoreRules | undefined,
): Promise<readonly string[]> {
	if (rules === undefined) return [];
	const [place] = await archive.scanTree(root, { paths: [""], digests: false, shallow: false }, signal);
	return skippedPaths(place!.entries, rules);
}

function isBelowOne(path: string, folders: readonly string[]): boolean {
	return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

function ofRoot(entry: TreeEntry): TreeEntry {
	return { ...entry, uid: 0, gid: 0 };
}
