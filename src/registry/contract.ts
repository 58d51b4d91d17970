/**
 * The client's side of the OCI distribution specification.
 *
 * Vocabulary: a **registry** is a host (`docker.io`, `localhost:5000`); a **repository** is one name in it, opened
 * for one operation: it holds that operation's credentials and tokens and nothing survives it.
 *
 * What a registry answers is foreign: manifests are bounded and checked against their digest, blobs are handed on as
 * they come (the content store checks size and digest), tokens and locations are checked before they are used.
 *
 * @example
 * const repository = registry.open(parseReference("localhost:5000/busybox:latest"), { actions: "pull" });
 * const manifest = await repository.manifest("latest");
 * for await (const bytes of repository.blob(descriptor)) …
 *
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import type { Descriptor, Digest, Reference } from "../oci/index.ts";

export interface Registry {
	open(reference: Reference, options: OpenOptions): Repository;
	/**
	 * Checks credentials as `docker login` wants it. `unauthorized` when the registry does not take them. Gives the
	 * identity token that stands for them, where the registry issues one.
	 */
	login(
		domain: string,
		auth: RegistryAuth,
		signal?: AbortSignal,
	): Promise<{ readonly identityToken?: string }>;
	/** Repositories whose name has the term, at most `limit`. */
	search(domain: string, options: SearchOptions): Promise<SearchResult[]>;
}

export interface SearchOptions {
	readonly term: string;
	readonly limit: number;
	readonly auth?: RegistryAuth;
	readonly signal?: AbortSignal;
}

export interface SearchResult {
	readonly name: string;
	readonly description: string;
	readonly stars: number;
	readonly isOfficial: boolean;
	readonly isAutomated: boolean;
}

export interface OpenOptions {
	readonly actions: "pull" | "pull,push";
	readonly auth?: RegistryAuth;
	readonly signal?: AbortSignal;
}

/** Decoded `X-Registry-Auth`. */
export interface RegistryAuth {
	readonly username?: string;
	readonly password?: string;
	readonly identityToken?: string;
	readonly registryToken?: string;
	readonly serverAddress?: string;
}

export interface Repository {
	/** By tag or digest. Errors carry the texts that Docker's clients show. */
	manifest(tagOrDigest: string): Promise<FetchedManifest>;
	/**
	 * Manifests that name this one as their subject, of one kind (signatures, say) or of all; the list is not signed by
	 * anybody. Of one kind only the registry itself is asked, as a mirror could hide some.
	 */
	referrers(digest: Digest, artifactType?: string): Promise<readonly Descriptor[]>;
	/** All tags, page by page. */
	tags(): Promise<string[]>;
	/**
	 * The bytes of a blob. A connection that breaks is taken up where it broke, a few times; size and digest are the
	 * reader's to check.
	 */
	blob(descriptor: Descriptor, options?: BlobOptions): AsyncIterable<Uint8Array>;
	hasBlob(digest: Digest): Promise<boolean>;
	/** Takes a blob over from another repository of the same registry; false when the registry does not. */
	mountBlob(digest: Digest, from: Reference): Promise<boolean>;
	/** Uploads a blob, in pieces when it is big; a piece that fails is sent again. */
	uploadBlob(descriptor: Descriptor, options: UploadOptions): Promise<void>;
	hasManifest(digest: Digest): Promise<boolean>;
	/** `listsReferrers`: the manifest has a subject, and the registry will list it there by itself. */
	putManifest(
		tagOrDigest: string,
		mediaType: string,
		bytes: Uint8Array,
	): Promise<{ readonly listsReferrers: boolean }>;
}

export interface BlobOptions {
	/** First byte wanted; default 0. */
	readonly from?: number;
	/** False: only from the registry itself, after a mirror gave wrong bytes. */
	readonly fromMirrors?: boolean;
}

export interface FetchedManifest {
	readonly digest: Digest;
	/** As the registry announced it. */
	readonly mediaType: string | undefined;
	readonly bytes: Uint8Array;
}

export interface UploadOptions {
	/** The bytes from `start` up to, not including, `end`; asked again when a piece has to be sent again. */
	readonly read: (range: { start: number; end: number }) => AsyncIterable<Uint8Array>;
	/** Bytes the registry has taken. */
	readonly onProgress?: (bytes: number) => void;
}
