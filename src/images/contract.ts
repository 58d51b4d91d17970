/**
 * Images: names, configs and layers that are there, unpacked and ready to run.
 *
 * An image's id is the digest of its config (Docker's rule for graph-driver stores). Its record names the manifest
 * it came with, or the one made for it at load and import; both blobs and all layer blobs are in the content store.
 */
import type { Descriptor, Digest, ImageConfigFile, Manifest, Platform } from "../oci/index.ts";
import type { RegistryAuth } from "../registry/index.ts";
import type { Lease } from "../store/index.ts";

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
	/** What came with it; absent: nothing. */
	readonly kept?: KeptContent;
	/** Repositories that it was pulled from, canonical, whatever it is called now. */
	readonly pulledFrom?: readonly string[];
}

/** What an image is, apart from its names. */
export type ImageContent = Pick<ImageRecord, "id" | "manifestDigest" | "manifest" | "config" | "kept">;

/** What stays in the content store beside an image, packed, and leaves with it. */
export interface KeptContent {
	/** The index that it came by, the outermost, with all that is here of it: other platforms, attestations. */
	readonly index?: KeptManifest;
	/** Manifests whose subject is the image's manifest or its index: signatures, lists of software. */
	readonly referrers: readonly KeptManifest[];
}

export interface KeptManifest {
	readonly descriptor: Descriptor;
	/** It and what it needs, as far as it is here. */
	readonly blobs: readonly Digest[];
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
			/** Only what is for them; `not_found` when there is none. Default: all, indexes whole. */
			platforms?: readonly Platform[];
			/** Throws when an image may not get a name of the archive; asked before any image is taken. */
			mayName?: (name: string) => void;
			signal?: AbortSignal;
		},
	): Promise<readonly ImageRecord[]>;
	import(source: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImageRecord>;
	/** A tar that both docker load and OCI tools read (OCI layout with manifest.json). */
	save(references: readonly string[], options?: SaveOptions): AsyncIterable<Uint8Array>;
	/**
	 * The image for a platform behind a reference: the one that is unpacked, or another of its index. `not_found` when
	 * it has none that is here.
	 */
	variant(reference: string, platform: Platform): Promise<ImageVariant>;
	/** The manifests of an image's index, in its order; of an image without one its own. */
	manifests(image: ImageRecord): Promise<readonly LeafManifest[]>;
	tag(source: string, target: string): void;
	/** Records that a container uses the image, or did until now. Nothing when it is gone. */
	noteUse(id: Digest): void;
	/** Untags, and deletes what nobody names or uses. Errors as Docker's: `conflict` when in use. */
	remove(
		reference: string,
		options: { force: boolean; noPrune: boolean; usedBy: (id: Digest) => readonly ImageUse[] },
	): Promise<readonly ImageDeletion[]>;
	/** Removes platforms of an image's index, by their manifests; not the one that is unpacked. */
	removeVariants(reference: string, manifests: readonly Digest[]): Promise<readonly ImageDeletion[]>;
	prune(options: {
		matches: (image: ImageRecord) => boolean;
		usedBy: (id: Digest) => readonly ImageUse[];
	}): Promise<{ deleted: readonly ImageDeletion[]; reclaimedBytes: number }>;
	/** Makes an image of a container's changes. */
	commit(options: CommitOptions): Promise<ImageRecord>;
	/**
	 * Makes what an image consists of, of layers whose blobs are in the content store: nothing is unpacked, and it has
	 * no name. The caller's lease holds it; {@link release} its blobs when nobody has taken it. The same variants give
	 * the same digests.
	 */
	compose(options: ComposeOptions): Promise<ComposedImage>;
	/** Makes an image of the store of what was composed, with these names (as users write them). */
	storeComposed(
		composed: ComposedImage,
		options: { readonly names: readonly string[]; readonly signal?: AbortSignal },
	): Promise<ImageRecord>;
	/** Writes it as {@link save} writes images, without making it one of the store. */
	saveComposed(
		composed: ComposedImage,
		options: { readonly names: readonly string[]; readonly signal?: AbortSignal },
	): AsyncIterable<Uint8Array>;
	/** Makes the layer snapshots of a stack that are missing, bottom first, of blobs that are in the content store. */
	unpack(
		layers: readonly LayerOfImage[],
		options: { readonly lease: Lease; readonly signal?: AbortSignal },
	): Promise<void>;
	/** Newest first, as `docker history`. Of a variant that is not unpacked a layer's size is its packed one. */
	history(reference: string, platform?: Platform): Promise<readonly ImageHistoryEntry[]>;
	/**
	 * A container that stood on this layer is gone: removes it and those below unless something needs them (the image
	 * may have been removed by force before). Costs nothing while the image is there.
	 */
	releaseLayer(chainId: Digest): Promise<void>;
	/**
	 * Makes an image of a manifest that is in the content store with all its blobs; `undefined` for what is no
	 * container image. @param tag canonical. @param index that names it, to be kept with the image.
	 */
	adopt(
		manifestDigest: Digest,
		options: { readonly tag: string; readonly index?: Descriptor; readonly signal?: AbortSignal },
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
	/** False: the tag stays with the image that has it, and this one is known by its own manifest's digest. */
	readonly takesTag?: boolean;
	/** Decoded `X-Registry-Auth`. */
	readonly auth?: RegistryAuth;
	readonly progress: Progress;
	readonly signal?: AbortSignal;
}

/** With a platform only that one is pushed, else the image's index where all of it is here or there. */
export interface PushOptions extends Omit<PullOptions, "allTags" | "takesTag"> {}

export interface SaveOptions {
	/** Only these of each image, `not_found` for one that is not here; default: all that is here. */
	readonly platforms?: readonly Platform[];
	readonly signal?: AbortSignal;
}

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

export interface ComposeOptions {
	/** One for each platform, in the order in which an index names them. */
	readonly variants: readonly VariantToCompose[];
	/** An index is made of a single variant too. */
	readonly isIndex: boolean;
	/** Layers are compressed as a push does it, which cannot once an index names them. */
	readonly isCompressed: boolean;
	readonly indexAnnotations?: Readonly<Record<string, string>>;
	/** What is said about a variant, now that its digest is known. */
	readonly attest?: (variant: ComposedVariant, position: number) => Promise<readonly Statement[]>;
	readonly lease: Lease;
	readonly signal?: AbortSignal;
}

export interface VariantToCompose {
	/** Complete; `rootfs` agrees with the layers. */
	readonly config: ImageConfigFile;
	/** Bottom first. */
	readonly layers: readonly LayerOfImage[];
	/** Of the manifest. */
	readonly annotations: Readonly<Record<string, string>>;
}

/** An in-toto statement. https://github.com/in-toto/attestation/tree/main/spec/v0.1.0 */
export interface Statement {
	readonly predicateType: string;
	readonly bytes: Uint8Array;
}

export interface ComposedVariant {
	readonly manifest: Manifest;
	readonly manifestDigest: Digest;
	readonly config: ImageConfigFile;
	readonly layers: readonly LayerOfImage[];
	/** As an index names it, with its platform. */
	readonly descriptor: Descriptor;
}

export interface ComposedImage {
	readonly variants: readonly ComposedVariant[];
	readonly index: Descriptor | undefined;
	/** All that it consists of. */
	readonly blobs: readonly Digest[];
}

/** A layer's blob, and the digest of it unpacked. */
export interface LayerOfImage {
	readonly diffId: Digest;
	readonly digest: Digest;
	readonly size: number;
}

export interface ImageUse {
	readonly containerId: string;
	readonly running: boolean;
}

/** An image of a platform, unpacked or not. */
export interface ImageVariant {
	readonly manifestDigest: Digest;
	readonly manifest: Manifest;
	readonly config: ImageConfigFile;
	/** True for the one that containers run. */
	readonly isUnpacked: boolean;
}

/** A manifest that an index names. */
export interface LeafManifest {
	readonly descriptor: Descriptor;
	/** `undefined`: it is not here. */
	readonly manifest: Manifest | undefined;
	/** True when all that it names is here. */
	readonly isWhole: boolean;
	/** What it is an attestation for; `undefined`: it is none. */
	readonly attests: Digest | undefined;
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
