/** A client's folder as the context of a build: what is in it is known at once, content comes when it is needed. */
import { createHash } from "node:crypto";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { chmod, copyFile, link, lutimes, mkdir, readFile, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TreeEntry } from "../../../archive/index.ts";
import { type BuildContext, cleanPath, findMatches, type Look, TreeIndex } from "../../../builder/index.ts";
import {
	EngineError,
	errnoOf,
	KeyedLock,
	removeTree,
	removeTreeSync,
	translateSystemError,
} from "../../../lib/index.ts";
import { fromByteString, toByteString } from "../../../sys/index.ts";
import type { KeptFolder } from "./kept-folders.ts";
import type { FileSink, RemoteEntry, RemoteTree } from "./remote-tree.ts";

const maxTextBytes = 16 * 1024 * 1024;

export interface ClientContextOptions {
	readonly tree: RemoteTree;
	/** Belongs to the context from here on. */
	readonly folder: KeptFolder;
	/** Shows a transfer while it runs; `report` is told of bytes that came. */
	readonly show: (transfer: (report: (bytes: number) => void) => Promise<void>) => Promise<void>;
}

/** Takes over the tree and the folder. Disposing ends the transfer and gives the folder back. */
export async function clientContext(options: ClientContextOptions): Promise<BuildContext> {
	const { tree, folder } = options;
	await forget(tree, folder);
	const entries = [rootEntry, ...[...tree.entries.values()].flatMap((entry) => treeEntry(entry, folder))];
	const index = new TreeIndex(entries);
	// One transfer at a time: the client's stream is one.
	const lock = new KeyedLock();
	const fetch = async (wanted: readonly TreeEntry[]) => {
		using _turn = await lock.acquire("transfer");
		await fetchFiles(options, filesOf(tree, wanted, folder));
	};
	const withDigests = (found: readonly TreeEntry[]) =>
		found.map((entry) => ({ ...entry, digest: digestOf(folder, entry) }));
	const look: Look = async (paths, { digests, shallow }) => {
		const places = paths.map((path) => index.find(path, shallow));
		if (!digests) return places;
		await fetch(places.flatMap((place) => place.entries));
		return places.map((place) => ({ path: place.path, entries: withDigests(place.entries) }));
	};
	let whole: Promise<string> | undefined;
	return {
		source: { kind: "tree", root: { kind: "directory", path: folder.path } },
		find: (patterns, how) => findMatches(look, patterns, how),
		look: async (path) => index.find(toByteString(cleanPath(path)), true).entries[0],
		async readText(path) {
			const [entry] = index.find(toByteString(cleanPath(path)), true).entries;
			if (entry?.kind !== "file") return undefined;
			if (entry.sizeBytes > maxTextBytes)
				throw new EngineError("too_large", `${path} has more than ${maxTextBytes} bytes`);
			await fetch([entry]);
			return await readFile(join(folder.path, fromByteString(entry.path)), "utf8");
		},
		async tree() {
			await fetch(entries);
			whole ??= unfold(tree, folder);
			return { kind: "directory", path: await whole };
		},
		async [Symbol.asyncDispose]() {
			tree[Symbol.dispose]();
			if (whole !== undefined) await removeTree(await whole);
			await folder[Symbol.asyncDispose]();
		},
	};
}

/** Drops kept content of files that the client does not have any more, or not like that. */
async function forget(tree: RemoteTree, folder: KeptFolder): Promise<void> {
	for (const [path, kept] of folder.files) {
		const now = tree.entries.get(path);
		const same =
			now?.kind === "file" && now.sizeBytes === kept.sizeBytes && now.modifiedNanos === kept.modifiedNanos;
		if (same) continue;
		folder.files.delete(path);
		await unlink(join(folder.path, path));
	}
}

/** Files whose content is not here, with the names that hard links among them have their content from. */
function filesOf(tree: RemoteTree, wanted: readonly TreeEntry[], folder: KeptFolder): RemoteEntry[] {
	const missing = new Map<string, RemoteEntry>();
	for (const { kind, path } of wanted) {
		if (kind !== "file") continue;
		const entry = tree.entries.get(fromByteString(path))!;
		const content = contentOf(tree, entry);
		if (!folder.files.has(content.path)) missing.set(content.path, content);
		if (!folder.files.has(entry.path)) missing.set(entry.path, entry);
	}
	return [...missing.values()];
}

/** The entry that the client sends content of: of several names of one file the first. */
function contentOf(tree: RemoteTree, entry: RemoteEntry): RemoteEntry {
	if (entry.linkName === "") return entry;
	const first = tree.entries.get(entry.linkName);
	if (first?.kind !== "file" || first.linkName !== "")
		throw new EngineError("invalid_argument", `the client named no file as ${JSON.stringify(entry.path)}`);
	return first;
}

async function fetchFiles(
	{ tree, folder, show }: ClientContextOptions,
	files: readonly RemoteEntry[],
): Promise<void> {
	const missing = files.filter(({ path }) => !folder.files.has(path));
	const sent = missing.filter(({ linkName }) => linkName === "");
	const folders = new Set(missing.map(({ path }) => dirname(path)));
	for (const path of folders) await mkdir(join(folder.path, path), { recursive: true, mode: 0o700 });
	if (sent.length > 0) await show((report) => tree.read(sent, (file) => fileSink(folder, file, report)));
	for (const entry of missing.filter(({ linkName }) => linkName !== "")) {
		const target = join(folder.path, entry.path);
		const first = contentOf(tree, entry);
		await link(join(folder.path, first.path), target);
		folder.files.set(entry.path, folder.files.get(first.path)!);
	}
}

/** Written with synchronous calls: pieces are small, and a thread of its own for each costs more than the write. */
function fileSink(folder: KeptFolder, file: RemoteEntry, onReceived: (bytes: number) => void): FileSink {
	const path = join(folder.path, file.path);
	const fd = createFile(path);
	const hash = createHash("sha256");
	return {
		write(data) {
			for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
			hash.update(data);
			onReceived(data.length);
		},
		close(isWhole) {
			closeSync(fd);
			if (!isWhole) return rmSync(path, { force: true });
			const { sizeBytes, modifiedNanos } = file;
			folder.files.set(file.path, { sizeBytes, modifiedNanos, digest: hash.digest("hex") });
		},
	};
}

function createFile(path: string): number {
	try {
		return openSync(path, "wx", 0o600);
	} catch (error) {
		if (errnoOf(error) !== "EEXIST") throw translateSystemError(error, path);
		// What broke off, or a folder where a file is now.
		removeTreeSync(path);
		return openSync(path, "wx", 0o600);
	}
}

/** A tree as the client has it, links and all, for who mounts it. Links last: nothing is written through one. */
async function unfold(tree: RemoteTree, folder: KeptFolder): Promise<string> {
	const root = `${folder.path}.tree`;
	await mkdir(root, { mode: 0o755 });
	const links: RemoteEntry[] = [];
	for (const entry of tree.entries.values()) {
		const path = join(root, entry.path);
		if (entry.kind === "folder") await mkdir(path, { mode: entry.permissions });
		else if (entry.kind === "file") {
			await copyFile(join(folder.path, entry.path), path);
			await chmod(path, entry.permissions);
		} else if (entry.kind === "link") links.push(entry);
	}
	for (const { path, linkName } of links) await symlink(linkName, join(root, path));
	// A folder's time changes with what is made in it: those inside first.
	for (const { path, kind, modifiedNanos } of [...tree.entries.values()].reverse()) {
		const seconds = Number(modifiedNanos) / 1e9;
		if (kind === "folder" || kind === "file" || kind === "link")
			await lutimes(join(root, path), seconds, seconds);
	}
	return root;
}

const rootEntry: TreeEntry = {
	...{ path: "", kind: "folder", mode: 0o755, uid: 0, gid: 0, sizeBytes: 0 },
	modified: { seconds: 0, nanos: 0 },
	...{ digest: "", target: "", xattrs: {}, sameAs: "", pieces: [] },
};

/** Sockets are no part of a context. Owners are root's, as with an uploaded archive of Docker's client. */
function treeEntry(entry: RemoteEntry, folder: KeptFolder): TreeEntry[] {
	const { kind } = entry;
	if (kind === "socket" || kind === "device") return [];
	const seconds = entry.modifiedNanos / 1_000_000_000n;
	const nanos = Number(entry.modifiedNanos - seconds * 1_000_000_000n);
	return [
		{
			path: toByteString(entry.path),
			kind,
			mode: entry.permissions,
			...{ uid: 0, gid: 0 },
			sizeBytes: entry.sizeBytes,
			modified: { seconds: Number(seconds), nanos: Math.max(0, nanos) },
			digest: kind === "file" ? (folder.files.get(entry.path)?.digest ?? "") : "",
			target: kind === "link" ? toByteString(entry.linkName) : "",
			xattrs: Object.fromEntries(
				[...entry.xattrs].map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
			),
			sameAs: "",
			pieces: [],
		},
	];
}

function digestOf(folder: KeptFolder, entry: TreeEntry): string {
	return entry.kind === "file" ? (folder.files.get(fromByteString(entry.path))?.digest ?? "") : entry.digest;
}
