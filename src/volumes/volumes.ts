/**
 * Volumes of the `local` driver: a row in the `volumes` documents and a folder `<root>/<name>/_data`.
 *
 * Crash windows, and what {@link createVolumes} finds at the next start:
 * - create writes the row, then makes the folder: a row without a folder gets its folder.
 * - remove renames the folder to `.removing-…`, deletes the row, deletes the folder: a renamed folder whose volume
 *   has no folder of its own loses its row and is deleted; otherwise it is deleted alone.
 * - Volumes with options of the driver are mounted while somebody holds them; `local/mount-backing.ts` has the rest.
 * - A folder without a row (a database that was lost) is reported and kept; creating the volume takes it over.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError, failpoint, type Logger } from "../lib/index.ts";
import { type Documents, diskImagePath, type Metadata } from "../store/index.ts";
import { diskBytes } from "../sys/index.ts";
import type { VolumeRecord, Volumes } from "./contract.ts";
import { volumesDiskUsage } from "./disk-usage.ts";
import {
	assertNothingMounted,
	dataFolder,
	deleteFolder,
	doomFolder,
	listFolders,
	makeFolder,
	makeRoot,
} from "./folders.ts";
import { createMounting } from "./local/mounting.ts";
import { parseLocalOptions } from "./local/options.ts";
import { FolderMoves } from "./moves.ts";
import { assertVolumeName } from "./name.ts";
import { snapshotDocuments, snapshotsOf } from "./snapshots/records.ts";
import { parseStoredVolume, type StoredVolume } from "./stored.ts";
import { treeBytes } from "./usage.ts";

export interface VolumesOptions {
	readonly metadata: Metadata;
	/** `<data-root>/volumes` */
	readonly root: string;
	readonly log: Logger;
	/** RFC 3339; tests give their own. */
	readonly now?: () => Date;
}

export function createVolumes(options: VolumesOptions): Volumes {
	const { metadata, root, log, now = () => new Date() } = options;
	makeRoot(root);
	const moves = new FolderMoves(metadata, root);
	for (const path of moves.recover(log)) deleteInBackground(path, log);
	const snapshots = snapshotDocuments(metadata);
	const documents = metadata.documents<StoredVolume>("volumes", parseStoredVolume);
	const volumes = recover({ documents, root, log });
	const mounting = createMounting();
	const folderOf = (name: string) => join(root, name);
	const isBacked = ({ options: given }: StoredVolume) => Object.keys(given).length > 0;

	const save = (volume: StoredVolume) => {
		documents.put(volume.name, volume);
		volumes.set(volume.name, volume);
	};
	const record = ({ users: _, ...volume }: StoredVolume): VolumeRecord => ({
		...volume,
		mountpoint: dataFolder(root, volume.name),
	});
	const stored = (name: string): StoredVolume => {
		const volume = volumes.get(name);
		if (volume === undefined) throw new EngineError("not_found", `get ${name}: no such volume`);
		return volume;
	};
	const newVolume = (
		given: Pick<StoredVolume, "name" | "labels" | "options" | "anonymous">,
	): StoredVolume => ({
		...given,
		driver: "local",
		createdAt: `${now().toISOString().slice(0, -5)}Z`,
		users: [],
	});
	/** What is stored elsewhere is not the engine's to count. */
	const bytesOf = async ({ name, options: given }: StoredVolume): Promise<number> => {
		if (Object.keys(given).length === 0) return treeBytes(dataFolder(root, name));
		const [bytes = 0] = given["size"] === undefined ? [0] : await diskBytes([diskImagePath(folderOf(name))]);
		return bytes;
	};
	/** Everything up to the row's end in one go, so that nobody can begin to use what is being removed. */
	const take = (volume: StoredVolume): string | undefined => {
		if (volume.users.length > 0)
			throw new EngineError(
				"conflict",
				`remove ${volume.name}: volume is in use - [${volume.users.join(", ")}]`,
			);
		assertNoSnapshots(volume.name, snapshotsOf(snapshots, volume.name));
		const doomed = doomFolder(root, volume.name);
		failpoint("volumes.remove.after-rename");
		documents.delete(volume.name);
		volumes.delete(volume.name);
		return doomed;
	};
	const remove = async (volume: StoredVolume): Promise<void> => {
		const { name } = volume;
		if (volume.users.length === 0 && isBacked(volume)) await mounting.drop({ name, folder: folderOf(name) });
		const doomed = take(stored(name));
		failpoint("volumes.remove.after-row");
		if (doomed !== undefined) await deleteFolder(doomed);
	};

	return {
		create(request) {
			const name = request.name || randomBytes(32).toString("hex");
			assertDriver(name, request.driver || "local");
			assertVolumeName(name);
			const existing = volumes.get(name);
			if (existing !== undefined) return record(existing);
			const anonymous = request.anonymous ?? !request.name;
			const driverOptions = request.options ?? {};
			assertOptions(name, driverOptions);
			const volume = newVolume({
				name,
				labels: request.labels ?? {},
				options: driverOptions,
				anonymous,
			});
			save(volume);
			failpoint("volumes.create.after-row");
			try {
				makeFolder(root, name);
			} catch (error) {
				documents.delete(name);
				volumes.delete(name);
				throw error;
			}
			failpoint("volumes.create.after-folder");
			return record(volume);
		},

		assertFree(name) {
			assertVolumeName(name);
			if (!volumes.has(name) && !existsSync(join(root, name))) return;
			throw new EngineError("conflict", `volume name ${name} is taken`);
		},

		adopt({ name, labels, folder }) {
			this.assertFree(name);
			const volume = newVolume({ name, labels, options: {}, anonymous: false });
			moves.commit({ from: folder, to: name }, () => documents.put(name, volume));
			volumes.set(name, volume);
			return record(volume);
		},

		rename(from, to, also) {
			const volume = { ...stored(from), name: to, anonymous: false };
			this.assertFree(to);
			assertNothingMounted(root, from);
			const kept = snapshotsOf(snapshots, from);
			moves.commit({ from, to }, () => {
				documents.delete(from);
				documents.put(to, volume);
				for (const snapshot of kept) snapshots.put(snapshot.id, { ...snapshot, volume: to });
				also();
			});
			volumes.delete(from);
			volumes.set(to, volume);
		},

		list: () => [...volumes.values()].map(record).sort((a, b) => (a.name < b.name ? -1 : 1)),

		find(name) {
			const volume = volumes.get(name);
			return volume && record(volume);
		},

		get: (name) => record(stored(name)),

		async remove(name, { force = false } = {}) {
			if (force && !volumes.has(name)) return;
			await remove(stored(name));
		},

		async mount(name, holder) {
			const volume = stored(name);
			const backing = parseLocalOptions(volume.options);
			if (backing.kind !== "folder") await mounting.hold({ name, folder: folderOf(name), backing }, holder);
			return dataFolder(root, name);
		},

		unmount: (holder, name) => mounting.release(holder, name),
		sweepMounts: () =>
			mounting.sweep(
				[...volumes.values()].filter(isBacked).map(({ name }) => ({ name, folder: folderOf(name) })),
			),

		use(name, containerId) {
			const volume = stored(name);
			if (!volume.users.includes(containerId)) save({ ...volume, users: [...volume.users, containerId] });
		},

		release(containerId, only) {
			const used = [...volumes.values()].filter(
				({ name, users }) => users.includes(containerId) && (only === undefined || only === name),
			);
			for (const volume of used)
				save({ ...volume, users: volume.users.filter((user) => user !== containerId) });
			return used.map((volume) => volume.name);
		},

		usersOf: (name) => volumes.get(name)?.users ?? [],

		restore(containerIds) {
			for (const volume of [...volumes.values()]) {
				const users = volume.users.filter((user) => containerIds.has(user));
				if (users.length < volume.users.length) save({ ...volume, users });
			}
		},

		async prune({ all, matches = () => true }) {
			const removed: string[] = [];
			let reclaimedBytes = 0;
			for (const volume of [...volumes.values()]) {
				const candidate = (all || volume.anonymous) && matches(record(volume));
				if (!candidate || volumes.get(volume.name)?.users.length !== 0) continue;
				// Somebody wanted to keep what was in it.
				if (snapshotsOf(snapshots, volume.name).length > 0) continue;
				const bytes = await bytesOf(volume);
				// Measuring takes time: a container may have come to use it meanwhile.
				const current = volumes.get(volume.name);
				if (current === undefined || current.users.length > 0) continue;
				await remove(current);
				removed.push(volume.name);
				reclaimedBytes += bytes;
			}
			return { removed, reclaimedBytes };
		},

		diskUsage: () => volumesDiskUsage(root, volumes.keys()),
		usageBytes: async (name) => bytesOf(stored(name)),
	};
}

function assertDriver(name: string, driver: string): void {
	if (driver === "local") return;
	throw new EngineError(
		"not_found",
		`create ${name}: error looking up volume plugin ${driver}: plugin ${JSON.stringify(driver)} not found`,
	);
}

function assertOptions(name: string, options: Readonly<Record<string, string>>): void {
	try {
		parseLocalOptions(options);
	} catch (error) {
		if (!(error instanceof EngineError)) throw error;
		throw new EngineError(error.code, `create ${name}: ${error.message}`);
	}
}

/** Finishes what a killed daemon had begun and gives the volumes that there are. */
function recover(options: {
	readonly documents: Documents<StoredVolume>;
	readonly root: string;
	readonly log: Logger;
}): Map<string, StoredVolume> {
	const { documents, root, log } = options;
	const { names, doomed } = listFolders(root);
	const halfRemoved = new Set(doomed.map(({ name }) => name).filter((name) => !names.has(name)));
	const volumes = new Map<string, StoredVolume>();
	for (const { value: volume } of documents.entries()) {
		if (halfRemoved.has(volume.name)) {
			documents.delete(volume.name);
			continue;
		}
		if (!names.delete(volume.name)) makeFolder(root, volume.name);
		volumes.set(volume.name, volume);
	}
	for (const name of names)
		log.warn("a volume's folder has no record and is kept; create the volume to use it", { volume: name });
	for (const { path } of doomed) deleteInBackground(path, log);
	return volumes;
}

function deleteInBackground(path: string, log: Logger): void {
	deleteFolder(path).catch((error: unknown) =>
		log.warn("a removed volume's folder could not be deleted", { path, error }),
	);
}

function assertNoSnapshots(name: string, snapshots: readonly { readonly name: string }[]): void {
	if (snapshots.length === 0) return;
	const names = snapshots.map((snapshot) => snapshot.name).join(", ");
	throw new EngineError(
		"conflict",
		`remove ${name}: volume has snapshots: ${names}; remove them first (hull volume snapshot rm)`,
	);
}
