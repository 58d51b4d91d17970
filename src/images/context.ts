import { availableParallelism } from "node:os";
import type { ExtractLayer } from "../archive/index.ts";
import type { Events } from "../events/index.ts";
import { KeyedLock, type Logger, Slots } from "../lib/index.ts";
import { hostPlatform, type Platform } from "../oci/index.ts";
import type { Registry } from "../registry/index.ts";
import type { ContentStore, Leases, Metadata, SnapshotDriver } from "../store/index.ts";
import { createTrust, type Trust } from "../trust/index.ts";
import { type ImageRecords, openRecords } from "./records.ts";

export interface ImagesOptions {
	readonly content: ContentStore;
	readonly snapshots: SnapshotDriver;
	readonly metadata: Metadata;
	readonly leases: Leases;
	readonly archive: { readonly extractLayer: ExtractLayer };
	readonly registry: Registry;
	/** Default: everything is trusted. */
	readonly trust?: Trust;
	readonly events: Events;
	readonly log: Logger;
	readonly limits?: Partial<ImageLimits>;
	/** What images are for when nobody says; default: this machine. */
	readonly platform?: Platform;
}

/** Bounds of what comes from outside; beyond: `too_large`. */
export interface ImageLimits {
	/** One layer, unpacked: sum of its files. */
	readonly layerBytes: number;
	/** One layer: files, folders and links. */
	readonly layerEntries: number;
	/** One layer or archive member as it comes. */
	readonly blobBytes: number;
	/** Members of an image archive. */
	readonly archiveEntries: number;
}

const defaultLimits: ImageLimits = {
	layerBytes: 64 * 1024 ** 3,
	layerEntries: 4_000_000,
	blobBytes: 64 * 1024 ** 3,
	archiveEntries: 100_000,
};

/** Layers unpacked at a time: enough that no core is idle while the last of an image's layers are unpacked. */
const parallelExtractions = Math.min(8, 2 * availableParallelism() + 1);

const parallelDownloads = 3;

/** What the room's operations work with. */
export interface ImagesContext extends Required<Omit<ImagesOptions, "limits">> {
	readonly limits: ImageLimits;
	readonly records: ImageRecords;
	/** By chainId: who unpacks or removes a layer. */
	readonly layerLocks: KeyedLock;
	/** By digest: who downloads a blob. */
	readonly blobLocks: KeyedLock;
	readonly extractionSlots: Slots;
	readonly downloadSlots: Slots;
}

export function openContext(options: ImagesOptions): ImagesContext {
	return {
		...options,
		trust: options.trust ?? createTrust(),
		platform: options.platform ?? hostPlatform(),
		limits: { ...defaultLimits, ...options.limits },
		records: openRecords(options.metadata),
		layerLocks: new KeyedLock(),
		blobLocks: new KeyedLock(),
		extractionSlots: new Slots(parallelExtractions),
		downloadSlots: new Slots(parallelDownloads),
	};
}
