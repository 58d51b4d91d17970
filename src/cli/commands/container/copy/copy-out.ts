import { statSync } from "node:fs";
import { basename, dirname, join, posix, resolve } from "node:path";
import {
	containerArchive,
	containerArchiveInfo,
	type Engine,
	isDirectory,
	isSymlink,
} from "../../../../client/index.ts";
import { CommandFailure } from "../../../failure.ts";
import { extractTo } from "./extract.ts";
import type { CopyOptions } from "./options.ts";
import { asksForContent, assertsFolder, type ContainerPath } from "./place.ts";

/** Copies from a container to a path here. */
export async function copyOut(
	engine: Engine,
	source: ContainerPath,
	options: CopyOptions & { target: string; count: { bytes: number } },
): Promise<void> {
	const { container } = source;
	const path = options.followLink ? await followed(engine, source) : source.path;
	const { stat, tar } = await containerArchive(engine, container, path);
	const isFolder = isDirectory(stat);
	const root = rootPath({ source: path, isFolder, target: options.target });
	await extractTo(root, tar, { keepOwners: options.archive, count: options.count });
}

/** Where the link leads, when the source is one. */
async function followed(engine: Engine, { container, path }: ContainerPath): Promise<string> {
	const stat = await containerArchiveInfo(engine, container, path);
	if (!isSymlink(stat)) return path;
	return posix.resolve(posix.dirname(posix.resolve("/", path)), stat.linkTarget);
}

/** The path here that the archive's root gets. */
function rootPath(copy: { source: string; isFolder: boolean; target: string }): string {
	const { source, isFolder, target } = copy;
	const path = resolve(target);
	const stat = statSync(path, { throwIfNoEntry: false });
	if (stat?.isDirectory())
		return asksForContent(source) ? path : join(path, posix.basename(posix.resolve("/", source)));
	if (stat !== undefined) {
		if (isFolder) throw new CommandFailure("cannot copy directory");
		if (assertsFolder(target)) throw new CommandFailure(`${target}: not a directory`);
		return path;
	}
	if (!isFolder && assertsFolder(target)) throw new CommandFailure("no such directory");
	if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory())
		throw new CommandFailure(
			`invalid output path: directory ${JSON.stringify(dirname(path))} does not exist`,
		);
	return join(dirname(path), basename(path));
}
