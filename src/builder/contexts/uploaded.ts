import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { ArchiveRoot, BuildArchive, BundlePiece, TreeEntry } from "../../archive/index.ts";
import { EngineError } from "../../lib/index.ts";
import { fromByteString, toByteString } from "../../sys/index.ts";
import type { BuildContext } from "../contract.ts";
import { findMatches, type Look } from "./find-matches.ts";
import { cleanPath } from "./ignore.ts";
import { type IgnoreRules, readIgnoreRules, withoutIgnored } from "./ignored-entries.ts";
import { TreeIndex } from "./tree-index.ts";
import type { WorkFolder } from "./work-folder.ts";

export const maxTextBytes = 16 << 20;

/** The content of an upload's files, in a folder of its own, and what is known of them. */
export interface Bundle {
	readonly folder: WorkFolder;
	readonly path: string;
	readonly entries: readonly TreeEntry[];
}

/** A context of a bundle: its files are read where they are, and unpacked only for who mounts the tree. */
export async function uploadedContext(
	bundle: Bundle,
	{ archive, dockerfile }: { readonly archive: BuildArchive; readonly dockerfile: string },
): Promise<BuildContext> {
	const all = new TreeIndex(bundle.entries);
	const readText = async (path: string) => {
		const [entry] = all.find(toByteString(cleanPath(path)), true).entries;
		return entry === undefined ? undefined : textOf(bundle, entry);
	};
	const rules: IgnoreRules | undefined = await readIgnoreRules(readText, dockerfile);
	const kept = rules === undefined ? bundle.entries : withoutIgnored(bundle.entries, rules);
	const index = rules === undefined ? all : new TreeIndex(kept);
	const look: Look = async (paths, { shallow }) => paths.map((path) => index.find(path, shallow));
	let tree: Promise<ArchiveRoot> | undefined;
	return {
		source: { kind: "bundle", path: bundle.path },
		find: (patterns, options) => findMatches(look, patterns, options),
		readText,
		look: async (path) => index.find(toByteString(cleanPath(path)), true).entries[0],
		tree: () => (tree ??= unpack(bundle, kept, archive)),
		[Symbol.asyncDispose]: () => bundle.folder[Symbol.asyncDispose](),
	};
}

async function unpack(
	{ folder, path }: Bundle,
	entries: readonly TreeEntry[],
	archive: BuildArchive,
): Promise<ArchiveRoot> {
	const root: ArchiveRoot = { kind: "directory", path: join(folder.path, "tree") };
	await mkdir(root.path, { mode: 0o755 });
	const all = entries.filter((entry) => entry.path !== "").map((entry) => ({ to: entry.path, entry }));
	await archive.place({
		root,
		path: "/",
		isFolder: true,
		owner: "",
		source: { kind: "bundle", path },
		matches: [{ name: "", isFolder: true, entries: all }],
	});
	return root;
}

async function textOf({ path }: Bundle, entry: TreeEntry): Promise<string | undefined> {
	if (entry.kind !== "file") return undefined;
	if (entry.sizeBytes > maxTextBytes)
		throw new EngineError("too_large", `${fromByteString(entry.path)} has more than ${maxTextBytes} bytes`);
	const text = Buffer.alloc(entry.sizeBytes);
	await using file = await open(path, "r");
	for (const [to, at, length] of entry.pieces satisfies readonly BundlePiece[])
		await file.read(text, to, length, at);
	return text.toString("utf8");
}
