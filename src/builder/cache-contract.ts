/** The build cache: what it holds, where it goes and where it comes from. */
import type { Descriptor, Digest } from "../oci/index.ts";

/** Folders that RUN steps share (`--mount=type=cache`), by their ids. `not_found` for one that is not there. */
export interface BuildMounts {
	list(): Promise<readonly BuildMount[]>;
	/** Its content as a tar. `conflict` while a build uses it; who wants to use it waits until the tar is read. */
	export(reference: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
	/**
	 * Makes it of an archive, compressed or not, or gives it that content instead of its own. What is bad or cut off
	 * changes nothing. `conflict` while a build uses it; `forbidden` for devices; `too_large`.
	 */
	import(id: string, archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
	/** `conflict` while a build uses it. */
	remove(reference: string): Promise<void>;
}

export interface BuildMount {
	/** `--mount=type=cache,id=…`. */
	readonly id: string;
	/** As lists of the cache have it; a `private` one has a number behind it. */
	readonly name: string;
	readonly sizeBytes: number;
	readonly createdAt: string;
	readonly lastUsedAt: string;
	readonly useCount: number;
	readonly isInUse: boolean;
}

/** A cache that a build takes results from. */
export type CacheSource =
	/** One that was exported, or an image that has one inside. */
	| { readonly type: "registry"; readonly ref: string }
	| { readonly type: "store"; readonly name: string; readonly store: CacheStore }
	/** An image that is here: one with a cache inside, or its layers by its history, as the classic builder has it. */
	| { readonly type: "image"; readonly ref: string };

/** Where a build's results are put, for builds elsewhere. */
export type CacheTarget =
	| { readonly type: "registry"; readonly ref: string; readonly options: CacheTargetOptions }
	| {
			readonly type: "store";
			readonly name: string;
			readonly store: CacheStore;
			readonly options: CacheTargetOptions;
	  }
	/** In the configuration of the image. */
	| { readonly type: "inline" };

export interface CacheTargetOptions {
	/** `min`: only layers of the result; `max`: those of all steps. */
	readonly mode: "min" | "max";
	/** False: an index, which older readers want. */
	readonly isImageManifest: boolean;
	/** False: Docker's media types. */
	readonly hasOciTypes: boolean;
	readonly compression: "gzip" | "zstd" | "uncompressed";
	readonly compressionLevel?: number;
	/** A cache that cannot be written is a warning. */
	readonly ignoresErrors: boolean;
	/** Also the cache mounts that the build used. */
	readonly hasMounts: boolean;
}

/**
 * Where an exported cache lies: blobs by digest, and one manifest that names them. What it gives is checked by who
 * asks. Errors: those of registries and clients.
 */
export interface CacheStore {
	/** `undefined`: there is no cache yet. */
	manifest(): Promise<{ readonly bytes: Uint8Array; readonly mediaType: string | undefined } | undefined>;
	/** One that an index names, where images can be caches. */
	manifestOf?(digest: Digest): Promise<{ readonly bytes: Uint8Array }>;
	has(blob: Descriptor): Promise<boolean>;
	read(blob: Descriptor): AsyncIterable<Uint8Array>;
	/** `read` gives the bytes from `start` up to, not including, `end`; it may be asked again. */
	write(
		blob: Descriptor,
		read: (range: { start: number; end: number }) => AsyncIterable<Uint8Array>,
	): Promise<void>;
	/** After all blobs that it names. */
	publish(manifest: Descriptor, bytes: Uint8Array): Promise<void>;
}

export interface CacheEntry {
	readonly id: string;
	readonly kind: "step" | "mount" | "source";
	readonly description: string;
	readonly sizeBytes: number;
	readonly createdAt: string;
	readonly lastUsedAt: string;
	readonly useCount: number;
	readonly inUse: boolean;
	readonly shared: boolean;
	readonly parents: readonly string[];
}

export interface PruneOptions extends CacheLimits {
	/** Also what images use. */
	readonly all: boolean;
	readonly matches: (entry: CacheEntry) => boolean;
}

/** How much of the cache a prune leaves; what images have too counts nothing. 0: no limit. All 0: nothing is left. */
export interface CacheLimits {
	/** So much stays in any case. */
	readonly reservedBytes: number;
	/** No more than this stays. */
	readonly maxUsedBytes: number;
	/** As much goes as is needed to have this free on the file system. */
	readonly minFreeBytes: number;
}

/** What is done by itself, after each build. */
export interface CachePolicy {
	readonly limits: CacheLimits;
	/** What was not used for so long goes; `undefined`: age is no reason. */
	readonly maxAgeMs: number | undefined;
}
