import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { ContentStore, Lease, Leases, Metadata, SnapshotDriver } from "../../store/index.ts";
import { type CachedLayer, type CacheRecord, parseCacheRecord } from "./record.ts";

export interface CacheOptions {
	readonly metadata: Metadata;
	readonly content: ContentStore;
	readonly snapshots: SnapshotDriver;
	readonly leases: Leases;
	readonly log: Logger;
}

export type NewRecord = Omit<CacheRecord, "createdAt" | "lastUsedAt" | "useCount" | "bootId" | "isSynced">;

/**
 * Results of steps by their cache keys: rows of the table `build_cache`, mirrored in memory. Each holds its layer and
 * its blob by a lease for as long as it is there.
 *
 * A row is written when its step has ended, so that a daemon that is killed goes on from there; what is not synced
 * may be gone after a power failure, and is not believed after a reboot.
 */
export interface Cache {
	/** A result that is whole. One that is damaged is forgotten and reported. */
	find(key: Digest): CacheRecord | undefined;
	/** The result of the same instruction that was used last, whatever its key; to explain a miss. */
	latest(description: string): CacheRecord | undefined;
	put(record: NewRecord): CacheRecord;
	/** Of another engine, made when it says. */
	adopt(record: NewRecord & Pick<CacheRecord, "createdAt">): void;
	noteUse(key: Digest): void;
	all(): readonly CacheRecord[];
	/** Gives what it held, the layer before the blob; the caller has it collected. */
	remove(key: Digest): readonly Digest[];
	/** Makes what is there outlive a power failure. */
	sync(): Promise<void>;
}

/** To be opened before anything is collected. */
export function openCache({ metadata, content, snapshots, leases, log }: CacheOptions): Cache {
	const documents = metadata.documents<CacheRecord>("build_cache", parseCacheRecord);
	const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
	const records = new Map<Digest, { readonly record: CacheRecord; readonly lease: Lease }>();

	const remember = (record: CacheRecord) => {
		const lease = leases.create();
		if (record.layer !== undefined) {
			lease.hold(record.layer.chainId);
			lease.hold(record.layer.digest);
		}
		records.get(record.key)?.lease[Symbol.dispose]();
		records.set(record.key, { record, lease });
	};
	const store = (record: CacheRecord) => {
		documents.put(record.key, record);
		remember(record);
		return record;
	};
	const remove = (key: Digest): Digest[] => {
		const found = records.get(key);
		if (found === undefined) return [];
		documents.delete(key);
		records.delete(key);
		found.lease[Symbol.dispose]();
		const { layer } = found.record;
		return layer === undefined ? [] : [layer.chainId, layer.digest];
	};

	for (const { key, value } of documents.entries()) {
		if (value.isSynced || value.bootId === bootId) remember(value);
		else documents.delete(key);
	}
	return {
		find(key) {
			const record = records.get(key)?.record;
			if (record === undefined) return undefined;
			const damage = record.layer === undefined ? undefined : damageOf(record.layer, { content, snapshots });
			if (damage === undefined) return record;
			log.warn("a cached build step is damaged and was forgotten", {
				step: record.description,
				key,
				damage,
			});
			remove(key);
			return undefined;
		},
		latest(description) {
			let latest: CacheRecord | undefined;
			for (const { record } of records.values())
				if (record.description === description && record.lastUsedAt >= (latest?.lastUsedAt ?? ""))
					latest = record;
			return latest;
		},
		put(record) {
			const now = new Date().toISOString();
			return store({ ...record, createdAt: now, lastUsedAt: now, useCount: 1, bootId, isSynced: false });
		},
		adopt(record) {
			store({ ...record, lastUsedAt: new Date().toISOString(), useCount: 1, bootId, isSynced: false });
		},
		noteUse(key) {
			const record = records.get(key)?.record;
			if (record === undefined) return;
			store({ ...record, lastUsedAt: new Date().toISOString(), useCount: record.useCount + 1 });
		},
		all: () => [...records.values()].map(({ record }) => record),
		remove,
		async sync() {
			const unsynced = [...records.values()].map(({ record }) => record).filter(({ isSynced }) => !isSynced);
			if (unsynced.length === 0) return;
			await snapshots.sync(unsynced.flatMap(({ layer }) => layer?.chainId ?? []));
			metadata.transaction(() => {
				for (const { key } of unsynced) {
					const record = records.get(key)?.record;
					if (record !== undefined) store({ ...record, isSynced: true });
				}
			});
		},
	};
}

/** What is wrong with a result on the disk. A blob's bytes are checked where they are read; here that it is whole. */
function damageOf(
	layer: CachedLayer,
	{ content, snapshots }: Pick<CacheOptions, "content" | "snapshots">,
): string | undefined {
	const size = content.size(layer.digest);
	if (size === undefined) return `blob ${layer.digest} is missing`;
	if (size !== layer.size) return `blob ${layer.digest} has ${size} bytes instead of ${layer.size}`;
	if (!snapshots.hasLayer(layer.chainId)) return `layer ${layer.chainId} is missing`;
	const folder = topFolder(snapshots, layer.chainId);
	return folder === undefined || existsSync(folder)
		? undefined
		: `the folder of layer ${layer.chainId} is gone`;
}

function topFolder(snapshots: SnapshotDriver, chainId: Digest): string | undefined {
	const [mount] = snapshots.layerMounts(chainId);
	if (mount?.type === "bind") return mount.source;
	const lower = mount?.options.find((option) => option.startsWith("lowerdir="))?.slice("lowerdir=".length);
	return lower === undefined ? undefined : join(mount?.cwd ?? "", lower.split(":")[0]!);
}
