import {
	chmodSync,
	chownSync,
	closeSync,
	constants,
	lchownSync,
	linkSync,
	lstatSync,
	lutimesSync,
	mkdirSync,
	openSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { readTar, type TarEntry, tarText } from "../../../../lib/index.ts";
import { CommandFailure } from "../../../failure.ts";

interface ExtractOptions {
	readonly keepOwners: boolean;
	readonly count: { bytes: number };
}

/**
 * Unpacks an archive from a container, which is not to be trusted: its root becomes the path, and nothing is written
 * outside of that, because every folder on the way is looked at and must be a real one. Devices are left out.
 */
export async function extractTo(
	root: string,
	tar: AsyncIterable<Uint8Array>,
	options: ExtractOptions,
): Promise<void> {
	// Set last: writing into a folder changes its time, and its mode may forbid writing.
	const folders: { path: string; entry: TarEntry }[] = [];
	for await (const { entry, content } of readTar(tar)) {
		const path = pathOf(root, entry.name);
		assertRealParents(root, path);
		if (entry.type === "directory") {
			makeFolder(path);
			folders.push({ path, entry });
			continue;
		}
		if (entry.type === "character" || entry.type === "block" || entry.type === "fifo") continue;
		if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
			throw new CommandFailure(`cannot overwrite directory ${JSON.stringify(path)} with non-directory`);
		rmSync(path, { force: true });
		if (entry.type === "symlink") symlinkSync(tarText(entry.linkName), path);
		else if (entry.type === "hardlink") link(root, entry, path);
		else await writeFile(path, { content, count: options.count });
		if (entry.type !== "hardlink") setAttributes(path, entry, options);
	}
	for (const { path, entry } of folders.reverse()) setAttributes(path, entry, options);
}

/** The first part of a name is the archive's root, whatever it is called. */
function pathOf(root: string, name: string): string {
	const parts = tarText(name)
		.split("/")
		.filter((part) => part !== "");
	const inner = parts.slice(1);
	if (inner.some((part) => part === ".." || part.includes("\0")) || parts[0] === "..")
		throw new CommandFailure(`the archive names ${JSON.stringify(tarText(name))}, which is outside of it`);
	return join(root, ...inner);
}

function assertRealParents(root: string, path: string): void {
	const inner = path
		.slice(root.length)
		.split("/")
		.filter((part) => part !== "");
	let at = root;
	for (const part of inner) {
		const stat = lstatSync(at, { throwIfNoEntry: false });
		if (stat === undefined) mkdirSync(at);
		else if (!stat.isDirectory())
			throw new CommandFailure(`the archive writes through ${JSON.stringify(at)}, which is no directory`);
		at = join(at, part);
	}
}

function makeFolder(path: string): void {
	const stat = lstatSync(path, { throwIfNoEntry: false });
	if (stat === undefined) mkdirSync(path, 0o700);
	else if (!stat.isDirectory())
		throw new CommandFailure(`cannot overwrite non-directory ${JSON.stringify(path)} with directory`);
}

function link(root: string, entry: TarEntry, path: string): void {
	const target = pathOf(root, entry.linkName);
	assertRealParents(root, target);
	if (!lstatSync(target, { throwIfNoEntry: false })?.isFile())
		throw new CommandFailure(
			`the archive links to ${JSON.stringify(tarText(entry.linkName))}, which is no file in it`,
		);
	linkSync(target, path);
}

async function writeFile(
	path: string,
	{ content, count }: { content: AsyncIterable<Uint8Array>; count: { bytes: number } },
): Promise<void> {
	const fd = openSync(
		path,
		constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
		0o600,
	);
	try {
		for await (const chunk of content) {
			count.bytes += chunk.length;
			for (let offset = 0; offset < chunk.length; ) offset += writeSync(fd, chunk, offset);
		}
	} finally {
		closeSync(fd);
	}
}

function setAttributes(path: string, entry: TarEntry, { keepOwners }: ExtractOptions): void {
	const seconds = entry.mtime.seconds + entry.mtime.nanos / 1e9;
	if (entry.type === "symlink") {
		if (keepOwners) lchownSync(path, entry.uid, entry.gid);
		lutimesSync(path, seconds, seconds);
		return;
	}
	if (keepOwners) chownSync(path, entry.uid, entry.gid);
	chmodSync(path, entry.mode);
	utimesSync(path, seconds, seconds);
}
