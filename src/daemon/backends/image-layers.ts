import type { ImageDifference, ImageLayers } from "../../api/index.ts";
import type { Archive, ArchiveRoot } from "../../archive/index.ts";
import { type ImageRecord, type Images, layersOf } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ImageLayersBackend } from "../../server/index.ts";
import type { SnapshotDriver } from "../../store/index.ts";
import { familiar } from "./image-answers.ts";

export interface ImageLayersRooms {
	readonly images: Images;
	readonly snapshots: SnapshotDriver;
	readonly archive: Archive;
}

/** How images stand on each other. */
export function imageLayersBackend({ images, snapshots, archive }: ImageLayersRooms): ImageLayersBackend {
	return {
		layers: async () => describeAll(images.list(), snapshots),
		async diff(from, to, signal) {
			const [before, after] = [images.get(from), images.get(to)];
			const [parent, tree] = [rootOf(before, snapshots), rootOf(after, snapshots)];
			if (parent === undefined || tree === undefined) {
				const empty = parent === undefined ? from : to;
				throw new EngineError("invalid_argument", `image ${empty} has no layers to compare`);
			}
			const changes = before.chainId === after.chainId ? [] : await archive.changes({ parent, tree }, signal);
			return {
				Files: changes.map(({ path, kind }) => ({ Path: path, Kind: kind })),
				Config: differences(before, after),
			};
		},
	};
}

function describeAll(records: readonly ImageRecord[], snapshots: SnapshotDriver): ImageLayers[] {
	const users = new Map<string, number>();
	for (const record of records)
		for (const layer of new Set(layersOf(record))) users.set(layer, (users.get(layer) ?? 0) + 1);
	return records.map((record) => ({
		Id: record.id,
		RepoTags: record.tags.map(familiar),
		Size: record.sizeBytes,
		Base: baseOf(record, records)?.id ?? "",
		Layers: layersOf(record).map((chainId, index) => ({
			ChainId: chainId,
			DiffId: record.config.rootfs.diff_ids[index]!,
			Size: snapshots.layerUsage(chainId).bytes,
			Images: users.get(chainId)!,
		})),
	}));
}

/** Two images of the same layers: the one that is older stands below, unless neither was made of the other. */
function baseOf(record: ImageRecord, records: readonly ImageRecord[]): ImageRecord | undefined {
	if (record.parent !== undefined) {
		const parent = records.find(({ id }) => id === record.parent);
		if (parent !== undefined) return parent;
	}
	const chain = layersOf(record);
	let base: ImageRecord | undefined;
	for (const other of records) {
		const top = other.chainId;
		if (other === record || top === undefined || top === record.chainId || !chain.includes(top)) continue;
		if (base === undefined || layersOf(other).length > layersOf(base).length) base = other;
	}
	return base;
}

function rootOf({ chainId }: ImageRecord, snapshots: SnapshotDriver): ArchiveRoot | undefined {
	return chainId === undefined ? undefined : { kind: "mounts", mounts: snapshots.layerMounts(chainId) };
}

function differences(before: ImageRecord, after: ImageRecord): ImageDifference["Config"] {
	const [from, to] = [fieldsOf(before), fieldsOf(after)];
	const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
	return names
		.filter((name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]))
		.map((name) => ({ Field: name, From: from[name], To: to[name] }));
}

function fieldsOf({ config }: ImageRecord): Record<string, unknown> {
	const { architecture, os, variant, author } = config;
	return { ...config.config, Architecture: architecture, Os: os, Variant: variant, Author: author };
}
