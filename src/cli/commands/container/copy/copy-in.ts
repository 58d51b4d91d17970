import { lstatSync, realpathSync, statSync } from "node:fs";
import { posix, resolve } from "node:path";
import {
	containerArchiveInfo,
	type Engine,
	isDirectory,
	isSymlink,
	type PathStat,
	putContainerArchive,
} from "../../../../client/index.ts";
import { CommandFailure } from "../../../failure.ts";
import type { CopyOptions } from "./options.ts";
import { packLocal } from "./pack-local.ts";
import { asksForContent, assertsFolder, type ContainerPath } from "./place.ts";

/** Copies from here into a container: the archive's root gets the name that the target is to have. */
export async function copyIn(
	engine: Engine,
	source: string,
	options: CopyOptions & { target: ContainerPath; count: { bytes: number } },
): Promise<void> {
	const { target, count } = options;
	const { isFolder, path } = localSource(source, options.followLink);
	const found = await targetInfo(engine, target);
	const place = plan({ source, isFolder, target: found });
	await putContainerArchive(engine, target.container, {
		path: place.folder,
		tar: packLocal(path, { rootName: place.name, count }),
		noOverwriteDirNonDir: true,
		copyUidGid: options.archive,
	});
}

function localSource(source: string, followLink: boolean): { path: string; isFolder: boolean } {
	const path = resolve(source);
	const follow = followLink || assertsFolder(source);
	const stat = (follow ? statSync : lstatSync)(path, { throwIfNoEntry: false });
	if (stat === undefined) throw new CommandFailure(`lstat ${path}: no such file or directory`);
	if (assertsFolder(source) && !stat.isDirectory()) throw new CommandFailure(`${source}: not a directory`);
	return { path: follow ? realpathSync(path) : path, isFolder: stat.isDirectory() };
}

interface Target {
	/** Absolute, symlinks at its end resolved. */
	readonly path: string;
	readonly written: string;
	readonly stat: PathStat | undefined;
}

async function targetInfo(engine: Engine, { container, path }: ContainerPath): Promise<Target> {
	const absolute = posix.resolve("/", path);
	const stat = await infoOrNothing(engine, container, absolute);
	if (stat === undefined || !isSymlink(stat)) return { path: absolute, written: path, stat };
	// The engine gives the link's target from the container's root.
	const linked = posix.resolve(posix.dirname(absolute), stat.linkTarget);
	return { path: linked, written: path, stat: await infoOrNothing(engine, container, linked) };
}

async function infoOrNothing(engine: Engine, container: string, path: string): Promise<PathStat | undefined> {
	try {
		return await containerArchiveInfo(engine, container, path);
	} catch (error) {
		if ((error as { status?: unknown }).status !== 404) throw error;
		// Absent container or absent path: a HEAD answer does not say; writing will.
		return undefined;
	}
}

/** The folder to unpack in, and the name of the archive's root in it. */
function plan(copy: { source: string; isFolder: boolean; target: Target }): { folder: string; name: string } {
	const { source, isFolder, target } = copy;
	const { stat } = target;
	if (stat !== undefined && isDirectory(stat)) {
		const name = asksForContent(source) ? "." : posix.basename(resolve(source));
		return { folder: target.path, name };
	}
	if (stat !== undefined && isFolder) throw new CommandFailure("cannot copy directory");
	if (stat !== undefined && assertsFolder(target.written))
		throw new CommandFailure(`${target.written}: not a directory`);
	if (stat === undefined && !isFolder && assertsFolder(target.written))
		throw new CommandFailure("no such directory");
	return { folder: posix.dirname(target.path), name: posix.basename(target.path) };
}
