/**
 * The engine's own registry: publishes its images by the OCI distribution API, and takes pushes when it is told to.
 *
 * A repository's name is the image's name as users write it: `busybox`, `team/app`, `ghcr.io/org/app`. What was pushed
 * is an image here at once, under the same name; what is no image for a machine (indexes, artifacts, signatures) is
 * kept beside it. https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import type { Digest } from "../oci/index.ts";

export interface RegistryServers {
	/** Starts to serve. `conflict` when the address is in use. */
	serve(options: ServeOptions): Promise<ServedRegistry>;
	list(): readonly ServedRegistry[];
	/** `not_found` when nothing is served there. @param address as {@link ServedRegistry.address} */
	stop(address: string): Promise<void>;
	/**
	 * Before anything is collected: takes up what was pushed in the life of earlier daemons, and drops what nothing
	 * names any more.
	 */
	recover(): void;
	/** Stops them all. */
	close(): Promise<void>;
}

export interface ServeOptions {
	readonly host: string;
	/** 0 chooses a free one. */
	readonly port: number;
	readonly readWrite: boolean;
	/** PEM. */
	readonly tls?: { readonly cert: string; readonly key: string };
	/** The content of an htpasswd file with bcrypt hashes; without it anyone may come in. */
	readonly htpasswd?: string;
}

export interface ServedRegistry {
	/** `127.0.0.1:5000`. */
	readonly address: string;
	readonly readWrite: boolean;
	readonly tls: boolean;
	readonly auth: boolean;
	/** RFC 3339. */
	readonly since: string;
	/** Requests answered from now on, until it stops or the signal aborts. */
	requests(signal: AbortSignal): AsyncIterable<RegistryRequest>;
}

/** One line of the access log. */
export interface RegistryRequest {
	readonly time: string;
	readonly method: string;
	readonly path: string;
	readonly status: number;
	readonly durationMs: number;
}

/** A manifest that was pushed: the row of the table `pushed_manifests`, keyed `<repository>@<digest>`. */
export interface PushedManifest {
	/** Canonical, with domain: `docker.io/team/app`. */
	readonly repository: string;
	readonly digest: Digest;
	readonly mediaType: string;
	readonly size: number;
	readonly tags: readonly string[];
	/** RFC 3339, of the last push. */
	readonly pushedAt: string;
	/** The image that was made of it, or of the entry of an index that is for this machine. */
	readonly imageId?: Digest;
	/** Blobs that must stay with it, itself included. */
	readonly blobs: readonly Digest[];
	/** Manifests of an index. */
	readonly children: readonly Digest[];
	readonly subject?: Digest;
	readonly artifactType?: string;
	readonly annotations?: Readonly<Record<string, string>>;
}
