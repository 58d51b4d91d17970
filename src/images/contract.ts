/**
 * Images: names, configs and layers that are there, unpacked and ready to run.
 *
 * An image's id is the digest of its config (Docker's rule for graph-driver stores). Its record names the manifest
 * it came with, or the one made for it at load and import; both blobs and all layer blobs are in the content store.
 */
import type { Digest, ImageConfigFile, Manifest, Platform } from "../oci/index.ts";
import type { RegistryAuth } from "../registry/index.ts";

export type { RegistryAuth };

export interface ImageRecord {
	readonly id: Digest;
	readonly manifestDigest: Digest;
	readonly manifest: Manifest;
	readonly config: ImageConfigFile;
	/** chainId of the top layer; `undefined` for an image without layers. */
	readonly chainId: Digest | undefined;
	/** Canonical, with domain: `docker.io/library/busybox:latest`. */
	readonly tags: readonly string[];
	/** Canonical with digest: `docker.io/library/busybox@sha256:…`. */
	readonly repoDigests: readonly string[];
	readonly createdAt: string;
	/** When the engine got it, RFC 3339. */
	readonly storedAt: string;
	readonly lastTaggedAt: string | undefined;
	/** When a container came to use it or ceased to; absent: never yet. To the minute. */
	readonly lastUsedAt?: string;
	/** Bytes on disk of all layers, unpacked. */
	readonly sizeBytes: number;
	/** The image that this one was committed or built on; `undefined` for what came from elsewhere. */
	readonly parent: Digest | undefined;
}

/** One message of a progress stream; the server writes each as a line of Docker's jsonmessage. */
export interface ProgressMessage {
	readonly id?: string;
	readonly status?: string;
	readonly stream?: string;
	readonly progressDetail?: { readonly current?: number; readonly total?: number };
	readonly error?: string;
	readonly aux?: unknown;
}

export type Progress = (message: ProgressMessage) => void;

export interface Images {
	list(): readonly ImageRecord[];
	/** By id, id prefix, tag or digest reference, in Docker's order of precedence. */
	find(reference: string): ImageRecord | undefined;
	/** `not_found` with Docker's text: `No such image: …`. */
	get(reference: string): ImageRecord;
	/** Gives the image of the reference; of the last tag when all were asked for. */
	pull(reference: string, options: PullOptions): Promise<ImageRecord>;
	push(reference: string, options: PushOptions): Promise<void>;
	/** docker-archive and OCI layout, any compression. Gives what was loaded. */
	load(
		source: AsyncIterable<Uint8Array>,
		options: {
			progress: Progress;
			/** Only what is for it; `not_found` when there is none. */
			platform?: Platform;
			signal?: AbortSignal;
		},
	): Promise<readonly ImageRecord[]>;
	import(source: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImageRecord>;
	/** A tar that both docker load and OCI tools read (OCI layout with manifest.json). */
	save(references: readonly string[], signal?: AbortSignal): AsyncIterable<Uint8Array>;
	tag(source: string, target: string): void;
	/** Records that a container uses the image, or did until now. Nothing when it is gone. */
	noteUse(id: Digest): void;
	/** Untags, and deletes what nobody names or uses. Errors as Docker's: `conflict` when in use. */
	remove(
		reference: string,
		options: { force: boolean; noPrune: boolean; usedBy: (id: Digest) => readonly ImageUse[] },
	): Promise<readonly ImageDeletion[]>;
	prune(options: {
		matches: (image: ImageRecord) => boolean;
		usedBy: (id: Digest) => readonly ImageUse[];
	}): Promise<{ deleted: readonly ImageDeletion[]; reclaimedBytes: number }>;
	/** Makes an image of a container's changes. */
	commit(options: CommitOptions): Promise<ImageRecord>;
	/** Newest first, as `docker history`. */
	history(reference: string): readonly ImageHistoryEntry[];
	/**
	 * A container that stood on this layer is gone: removes it and those below unless something needs them (the image
	 * may have been removed by force before). Costs nothing while the image is there.
	 */
	releaseLayer(chainId: Digest): Promise<void>;
	/**
	 * Makes an image of a manifest that is in the content store with all its blobs; `undefined` for what is no
	 * container image. @param tag canonical.
	 */
	adopt(
		manifestDigest: Digest,
		options: { readonly tag: string; readonly signal?: AbortSignal },
	): Promise<ImageRecord | undefined>;
	/** Deletes those of the blobs and layers that no image, container or lease holds. */
	release(ids: readonly Digest[]): Promise<void>;
	/** Deletes blobs and layers that no image, container or lease holds. Gives bytes freed. */
	collect(): Promise<number>;
}

export interface PullOptions {
	/** Every tag of the repository (`docker pull --all-tags`). */
	readonly allTags?: boolean;
	readonly platform?: Platform;
	/** Decoded `X-Registry-Auth`. */
	readonly auth?: RegistryAuth;
	readonly progress: Progress;
	readonly signal?: AbortSignal;
}

export interface PushOptions extends Omit<PullOptions, "platform" | "allTags"> {}

export interface ImportOptions {
	readonly reference?: string;
	readonly message: string;
	/** Dockerfile instructions (`CMD …`, `ENV …`) applied to the config. */
	readonly changes: readonly string[];
	readonly platform?: Platform;
	readonly progress: Progress;
	readonly signal?: AbortSignal;
}

export interface CommitOptions {
	readonly parent: ImageRecord | undefined;
	/** The layer tar of the changes. */
	readonly layer: AsyncIterable<Uint8Array>;
	readonly config: ImageConfigFile["config"];
	readonly changes: readonly string[];
	readonly reference?: string;
	readonly author: string;
	readonly comment: string;
	readonly containerId: string;
	readonly createdBy: string;
}

export interface ImageUse {
	readonly containerId: string;
	readonly running: boolean;
}

export type ImageDeletion = { readonly untagged: string } | { readonly deleted: Digest };

export interface ImageHistoryEntry {
	readonly id: string;
	readonly createdAt: string;
	readonly createdBy: string;
	readonly comment: string;
	readonly sizeBytes: number;
	readonly tags: readonly string[];
}
