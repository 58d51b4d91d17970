import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, failpoint, type Logger, translateSystemError } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";
import { unmountBelow } from "../disk-image/mount.ts";
import { LAYER_IMAGE_PART } from "./layer-image.ts";
import { isSized, SIZED_TREE } from "./sized-tree.ts";

/**
 * The folders of the snapshots: `<root>/snapshots/<id>/fs`, and `work` beside it where overlayfs needs one. Ids are
 * small integers and never used twice in a daemon's life.
 */
export interface SnapshotFolders {
	/** `<root>/snapshots`. */
	readonly path: string;
	/** Makes the folders of a new snapshot. */
	create(withWork: boolean): number;
	/** A snapshot's own folder. */
	folder(id: number): string;
	/** Its tree; of one with a size, in its own file system. */
	fs(id: number): string;
	work(id: number): string;
	/** Takes a snapshot's folders away at once and deletes them in the background. */
	remove(id: number): void;
	/** Waits for deletions. */
	settle(): Promise<void>;
}

export interface FoldersOptions {
	readonly root: string;
	/** Ids of the rows in the table; all other folders are what a kill left. */
	readonly known: ReadonlySet<number>;
	readonly log: Logger;
}

const REMOVING = "removing";
/** Folders that are only there while the file system is tried. */
export const PROBE_PREFIX = "probe-";

/** Opens the folders and removes what no row names. A row whose folder is missing is reported. */
export function openSnapshotFolders({ root, known, log }: FoldersOptions): SnapshotFolders {
	const path = join(root, "snapshots");
	const removing = join(path, REMOVING);
	mkdirSync(removing, { recursive: true, mode: 0o700 });
	let deletions = Promise.resolve();
	let lastId = Math.max(0, ...known);

	const enqueue = (folder: string) => {
		deletions = deletions.then(() => deleteTree(folder, log));
	};
	const treeFolder = (id: number) => {
		const folder = join(path, String(id));
		return isSized(folder) ? join(folder, SIZED_TREE) : folder;
	};
	const remove = (id: number) => {
		const folder = join(removing, String(id));
		const place = join(path, String(id));
		try {
			if (isSized(place)) unmountBelow(place);
			renameSync(place, folder);
		} catch (error) {
			if (errnoOf(error) === "ENOENT") return;
			throw translateSystemError(error, `remove snapshot ${id}`);
		}
		enqueue(folder);
	};

	for (const name of readdirSync(removing)) enqueue(join(removing, name));
	const present = new Set<number>();
	for (const name of readdirSync(path)) {
		if (name.startsWith(PROBE_PREFIX)) enqueue(join(path, name));
		if (!/^[1-9][0-9]*$/.test(name)) continue;
		const id = Number(name);
		present.add(id);
		lastId = Math.max(lastId, id);
		if (!known.has(id)) remove(id);
		else rmSync(join(path, name, LAYER_IMAGE_PART), { force: true });
	}
	for (const id of known)
		if (!present.has(id)) log.error("a snapshot's folder is missing", { folder: join(path, String(id)) });

	return {
		path,
		create(withWork) {
			const id = ++lastId;
			const folder = join(path, String(id));
			try {
				mkdirSync(join(folder, "fs"), { recursive: true });
				// Whatever the daemon's umask: users in the container must be able to enter `/`.
				chmodSync(join(folder, "fs"), 0o755);
				failpoint("snapshots.create.after-folder");
				if (withWork) mkdirSync(join(folder, "work"), { mode: 0o700 });
			} catch (error) {
				remove(id);
				throw translateSystemError(error, `make snapshot ${id}`);
			}
			return id;
		},
		folder: (id) => join(path, String(id)),
		fs: (id) => join(treeFolder(id), "fs"),
		work: (id) => join(treeFolder(id), "work"),
		remove,
		async settle() {
			for (let seen: Promise<void> | undefined; seen !== deletions; ) {
				seen = deletions;
				await seen;
			}
		},
	};
}

/** By `rm`, as a container can make trees too deep for paths. What cannot be deleted is tried again at the next boot. */
async function deleteTree(folder: string, log: Logger): Promise<void> {
	const result = await runCommand(["rm", "-rf", "--one-file-system", "--", folder]);
	if (result?.exitCode === 0) return;
	log.warn("a removed snapshot cannot be deleted", { folder, reason: result?.stderr ?? "no program rm" });
}
