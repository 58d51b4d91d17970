import { statfsSync } from "node:fs";
import { pipeline, Readable, type Transform } from "node:stream";
import { constants, createGzip, createZstdCompress } from "node:zlib";
import type { HullVolumeSnapshot } from "../../api/index.ts";
import { type FilterValues, matchesLabels, parseUntil } from "../../api/syntax.ts";
import type { Containers } from "../../containers/index.ts";
import type { Events } from "../../events/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ProgressOptions, VolumeCopiesBackend } from "../../server/index.ts";
import type { CopyProgress, VolumeCopies, VolumeSnapshot, Volumes } from "../../volumes/index.ts";
import { toVolume } from "./volumes.ts";

export interface VolumeCopiesRooms {
	readonly volumes: Volumes;
	readonly volumeCopies: VolumeCopies;
	readonly containers: Containers;
	readonly events: Events;
	/** `<data-root>/volumes`, to see what is free there. */
	readonly volumeRoot: string;
}

/** Copies of volumes as the routes want them: with the containers that write to them held still. */
export function volumeCopiesBackend(rooms: VolumeCopiesRooms): VolumeCopiesBackend {
	const { volumes, volumeCopies: copies, containers, events } = rooms;
	const publish = (action: string, volume: string, attributes: Record<string, string> = {}) =>
		events.publish("volume", action, volume, { driver: "local", ...attributes });
	return {
		async snapshot(volume, { Name: name, Labels: labels, NoPause: noPause = false }, options) {
			volumes.get(volume);
			const snapshot = await containers.holdVolumeUsers(volume, {
				pause: !noPause,
				work: (check, onRead) =>
					copies.create(
						volume,
						{ name, ...(labels === undefined ? {} : { labels }) },
						{ ...progressOf(options, "Copying", check), onRead },
					),
			});
			publish("snapshot", volume, { snapshot: snapshot.id, snapshotName: snapshot.name });
			options.emit({ aux: toSnapshot(snapshot) });
		},
		async listSnapshots(volume, { size }) {
			const sizes = size ? await copies.diskUsage() : undefined;
			return copies.list(volume).map((snapshot) => toSnapshot(snapshot, sizes?.get(snapshot.id)));
		},
		async removeSnapshot(volume, reference) {
			const { id, name } = copies.get(volume, reference);
			await copies.remove(volume, id);
			publish("snapshot-remove", volume, { snapshot: id, snapshotName: name });
		},
		async pruneSnapshots(keep, filters) {
			const { removed, bytes } = await copies.prune({ keep, ...pruneFilters(filters) });
			for (const { id, name, volume } of removed)
				publish("snapshot-remove", volume, { snapshot: id, snapshotName: name });
			return { Snapshots: removed.map((snapshot) => toSnapshot(snapshot)), SpaceReclaimed: bytes };
		},
		async restore(volume, snapshot, options) {
			volumes.get(volume);
			await containers.withStoppedUsers(volume, (check) =>
				copies.restore(volume, snapshot, progressOf(options, "Restoring", check)),
			);
			publish("restore", volume, { snapshot: copies.get(volume, snapshot).id });
		},
		async clone(volume, { Name: name, Snapshot: snapshot, Labels: labels, NoPause: noPause }, options) {
			volumes.get(volume);
			const request = { name, snapshot, ...(labels === undefined ? {} : { labels }) };
			const made = await containers.holdVolumeUsers(volume, {
				// A snapshot stands still by itself.
				pause: snapshot === undefined && noPause !== true,
				work: (check, onRead) =>
					copies.clone(volume, request, { ...progressOf(options, "Copying", check), onRead }),
			});
			publish("create", made.name, { from: volume });
			options.emit({ aux: toVolume(made) });
		},
		async rename(volume, name) {
			volumes.get(volume);
			await containers.withStoppedUsers(volume, async (check) => {
				check();
				containers.renameVolume({ from: volume, to: name });
			});
			publish("rename", name, { oldName: volume });
		},
		async export(volume, { compression, noPause, ...trees }, signal) {
			volumes.get(volume);
			const live = trees.snapshot === undefined && volumes.usersOf(volume).length > 0;
			const tar = await containers.holdVolumeUsers(volume, {
				pause: live && !noPause,
				work: (check, onRead) =>
					copies.export(volume, { ...trees, aside: live && !noPause }, { signal, check, onRead }),
			});
			publish("export", volume);
			return compressed(tar, compression);
		},
		async import(volume, archive, { onto, devices, maxBytes }, options) {
			const request = { onto, devices, maxBytes: maxBytes ?? freeBytes(rooms.volumeRoot) };
			const work = (check: () => void) =>
				copies.import(volume, archive, request, progressOf(options, "Importing", check));
			if (onto) volumes.get(volume);
			const made = onto ? await containers.withStoppedUsers(volume, work) : await work(() => {});
			publish(onto ? "import" : "create", volume);
			options.emit({ aux: toVolume(made) });
		},
	};
}

function progressOf({ emit, signal }: ProgressOptions, status: string, check: () => void): CopyProgress {
	return {
		signal,
		check,
		onBytes: (current, total) =>
			emit({ id: "volume", status, progressDetail: total ? { current, total } : { current } }),
	};
}

function toSnapshot(snapshot: VolumeSnapshot, size = -1): HullVolumeSnapshot {
	return {
		Id: snapshot.id,
		Name: snapshot.name,
		Volume: snapshot.volume,
		Created: snapshot.createdAt,
		Labels: { ...snapshot.labels },
		Shared: snapshot.shared,
		Size: size,
	};
}

function pruneFilters(filters: FilterValues) {
	for (const key of filters.keys()) {
		if (!["label", "label!", "until", "volume"].includes(key))
			throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
	const names = filters.get("volume") ?? [];
	if (names.length > 1) throw new EngineError("invalid_argument", "more than one volume filter specified");
	const until = parseUntil(filters.get("until"));
	return {
		volume: names[0],
		before: until === undefined ? undefined : new Date(Number(until / 1_000_000n)),
		matches: (snapshot: VolumeSnapshot) => matchesLabels(snapshot.labels, filters),
	};
}

function freeBytes(folder: string): number {
	const { bavail, bsize } = statfsSync(folder);
	return bavail * bsize;
}

function compressed(
	tar: AsyncIterable<Uint8Array>,
	compression: "none" | "gzip" | "zstd",
): AsyncIterable<Uint8Array> {
	if (compression === "none") return tar;
	const source = Readable.from(tar, { objectMode: false, highWaterMark: 1 << 20 });
	const options = { chunkSize: 1 << 18 };
	const transform: Transform =
		compression === "gzip"
			? createGzip({ ...options, level: constants.Z_BEST_SPEED })
			: (createZstdCompress(options) as unknown as Transform);
	// What fails is seen by whoever reads the result.
	return pipeline(source, transform, () => {});
}
