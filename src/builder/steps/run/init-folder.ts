import { chmodSync, chownSync, lstatSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SnapshotMount } from "../../../store/index.ts";
import { lookUp, lowerFolders } from "../lower-folders.ts";

/** What a runtime mounts on; it makes what is missing. */
const systemTargets = ["/proc", "/sys", "/dev"];

export interface MountTarget {
	/** Absolute. */
	readonly path: string;
	readonly isFolder: boolean;
}

/**
 * Puts what a run needs to mount on into a folder of its own between the image and the run's changes, so that none of
 * it ends up in the layer. Folders that the image has get the image's attributes. Gives the mounts with that folder
 * in them; those of a driver without overlays stay, and the layer then has the folders.
 *
 * Targets that lead through links are left to the runtime, which resolves them inside of the root.
 */
export function withInitFolder(
	mounts: readonly SnapshotMount[],
	targets: readonly MountTarget[],
	place: { readonly folder: string; readonly changesDirectory: string | undefined },
): SnapshotMount[] {
	if (place.changesDirectory === undefined) return [...mounts];
	const [mount] = mounts;
	fillInitFolder(mount?.type === "overlay" ? mounts : [], targets, place.folder);
	if (mount?.type === "overlay") {
		const options = mount.options.map((option) =>
			option.startsWith("lowerdir=") ? option.replace("lowerdir=", `lowerdir=${place.folder}:`) : option,
		);
		return [{ ...mount, options }];
	}
	const upper = place.changesDirectory;
	const options = [
		`lowerdir=${place.folder}`,
		`upperdir=${upper}`,
		`workdir=${join(dirname(upper), "work")}`,
	];
	return [{ type: "overlay", source: "overlay", options: [...options, "index=off", "metacopy=off"] }];
}

/** Makes the folder, of what the image has not. */
export function fillInitFolder(
	mounts: readonly SnapshotMount[],
	targets: readonly MountTarget[],
	folder: string,
): void {
	const lowers = lowerFolders(mounts);
	mkdirSync(folder, { mode: 0o755 });
	if (lowers[0] !== undefined) copyAttributes(lstatSync(lowers[0]), folder);
	const all = [...systemTargets.map((path) => ({ path, isFolder: true })), ...targets];
	for (const target of all) addTarget(lowers, target, folder);
}

function addTarget(lowers: readonly string[], target: MountTarget, folder: string): void {
	const parts = target.path.split("/").filter((part) => part !== "");
	const found = lookUp(lowers, target.path);
	if (found.some((one) => one?.kind === "other")) return;
	// The image has all of it.
	if (found.length === parts.length && found.at(-1) !== undefined) return;
	let path = folder;
	for (const [index, part] of parts.entries()) {
		path = join(path, part);
		const there = lstatSync(path, { throwIfNoEntry: false });
		if (there !== undefined && !there.isDirectory()) return;
		if (index === parts.length - 1 && !target.isFolder) {
			writeFileSync(path, "", { mode: 0o755 });
			return;
		}
		if (there === undefined) mkdirSync(path, { mode: 0o755 });
		const stat = found[index]?.stat;
		if (stat !== undefined) copyAttributes(stat, path);
	}
}

function copyAttributes(stat: ReturnType<typeof lstatSync> & object, path: string): void {
	chownSync(path, Number(stat.uid), Number(stat.gid));
	chmodSync(path, Number(stat.mode) & 0o7777);
	utimesSync(path, stat.atime, stat.mtime);
}
