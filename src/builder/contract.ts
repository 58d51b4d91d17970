/**
 * Builds: a Dockerfile and its contexts become an image.
 *
 * Vocabulary:
 * - **context**: a tree of files that a build may read, with the digest of each file known; never changed by a build.
 * - **graph**: what a Dockerfile comes to for one platform: steps and the steps that they stand on, as data.
 * - **step**: one node: a base image, a run, a copy. Its **definition** is its digest: what it does and the definitions
 *   of what it stands on. Its **cache key** is what its result depends on: for a copy the content of the files, not
 *   where they come from. Two builds that come to the same key at once share its execution.
 * - **result**: a layer snapshot (chainId) and the layer's blob; a cache record keeps both by a lease.
 * - **vertex**: a step as progress shows it.
 *
 * Lifecycle: parse → resolve bases → graph → solve (in parallel, what nobody needs is skipped) → export.
 */

import type { ArchiveRoot, PlacementSource, TreeEntry } from "../archive/index.ts";
import type { Digest, ImageConfigFile, ImageRunConfig, Platform } from "../oci/index.ts";
import type { BuildMounts, CacheEntry, CacheSource, CacheTarget, PruneOptions } from "./cache-contract.ts";
import type { Entitlement } from "./entitlements.ts";
import type { CopyOperation } from "./graph/graph.ts";
import type { StepResult } from "./steps/result.ts";

export type * from "./cache-contract.ts";

export interface Builder {
	/** Errors: DockerfileError with lines; `runtime_failed` with the step and its exit code; those of pulls. */
	build(request: BuildRequest, events: BuildEvents, signal: AbortSignal): Promise<BuildResult>;
	/** Cached steps and cache mounts, with sizes and uses. */
	cache(): Promise<readonly CacheEntry[]>;
	prune(
		options: PruneOptions,
	): Promise<{ readonly removed: readonly string[]; readonly reclaimedBytes: number }>;
	readonly mounts: BuildMounts;
	/** Builds that run and those that ended, the newest first. */
	history(): readonly BuildRecord[];
	/** What a build told; of one that runs also what it tells until it ends. `not_found`. */
	events(buildId: string, signal: AbortSignal): AsyncIterable<BuildEvent>;
	/** Changes of the history from now on. */
	watchHistory(signal: AbortSignal): AsyncIterable<HistoryChange>;
	/** Pins a build, lets it go, or forgets it. `not_found`; `conflict` for one that runs. */
	changeHistory(buildId: string, change: "pin" | "unpin" | "delete"): void;
	/** Ends a running build. `not_found`. */
	cancel(buildId: string): void;
	/** Ends the runs of a daemon that died; before containers take back the snapshots and networks of nobody. */
	recover(): Promise<void>;
	close(): Promise<void>;
}

export interface BuildRequest {
	/** Made by who asks (`buildid`), or 25 random characters. */
	readonly id: string;
	readonly dockerfile: { readonly name: string; readonly text: string };
	readonly context: BuildContext;
	/** `--build-context name=…`: a tree, or an image that stands for a name. */
	readonly namedContexts: ReadonlyMap<string, BuildContext | { readonly image: string }>;
	/** Stage to build; empty: the last one. */
	readonly target: string;
	/** `undefined` value: as in the engine's own environment, if it is a predefined one. */
	readonly buildArgs: ReadonlyMap<string, string | undefined>;
	readonly labels: Readonly<Record<string, string>>;
	/** Of manifests. */
	readonly annotations: Readonly<Record<string, string>>;
	readonly indexAnnotations?: Readonly<Record<string, string>>;
	/** One result for each; empty: the engine's own. */
	readonly platforms: readonly Platform[];
	/** True: nothing; names: not these stages. */
	readonly noCache: boolean | readonly string[];
	readonly pull: boolean;
	readonly network: "default" | "none" | "host";
	/** What RUN may ask for beyond a sandbox (`--allow`); the rest is refused. */
	readonly allow?: ReadonlySet<Entitlement>;
	readonly isolation: "process" | "vm";
	readonly extraHosts: readonly string[];
	readonly shmSizeBytes: number;
	readonly limits: BuildLimits;
	readonly secrets: ReadonlyMap<string, SecretValue>;
	/** Sockets of agents by id (`default`). */
	readonly ssh: ReadonlyMap<string, SshAgent>;
	readonly cacheFrom: readonly CacheSource[];
	readonly cacheTo: readonly CacheTarget[];
	readonly squash: boolean;
	/** Seconds since 1970 (`SOURCE_DATE_EPOCH`): times in the result are at most this. */
	readonly sourceDateEpoch?: number;
	/** Attest how the result came to be; absent: say nothing. */
	readonly provenance?: ProvenanceRequest;
	/** Attest what software is in it. */
	readonly sbom: boolean;
	readonly exports: readonly Export[];
	/** Results of other builds, by the names that stand for them where an image's could stand. */
	readonly results?: ReadonlyMap<string, KeptResult>;
	/** Hand the result over, for other builds and for who looks into it. */
	readonly keep?: boolean;
	readonly registryAuth: ReadonlyMap<string, { readonly username: string; readonly password: string }>;
	/** Of somebody who is not trusted with everything that the engine has; absent: trusted. */
	readonly fence?: BuildFence;
}

export interface BuildFence {
	/** Cache and cache mounts are shared within it alone: what is in a cache is decided by whoever fills it. */
	readonly realm: string;
	/** Throws for an image that must not be read. */
	readonly assertImage: (reference: string) => void;
	/** Throws for an address that the engine must not fetch. */
	readonly assertAddress: (address: string) => void;
}

export interface ProvenanceRequest {
	/** `max` tells arguments, names of secrets and the Dockerfile too. */
	readonly mode: "min" | "max";
	/** An address of who builds; empty: nobody says. */
	readonly builderId: string;
	/** The user claims that another build gives the same. */
	readonly isReproducible: boolean;
	/** Nobody asked: the client adds it to what leaves for a registry or an archive. */
	readonly isUnasked: boolean;
	/** What the client knows of where the sources are kept (`source`, `revision`). */
	readonly vcs: Readonly<Record<string, string>>;
}

export interface BuildLimits {
	readonly memoryBytes: number;
	readonly memorySwapBytes: number;
	readonly cpuShares: number;
	readonly cpuPeriod: number;
	readonly cpuQuota: number;
	readonly cpusetCpus: string;
	readonly cpusetMems: string;
	readonly cgroupParent: string;
	readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
}

/** A tree that a build reads. `.dockerignore` is applied already. */
export interface BuildContext extends AsyncDisposable {
	/**
	 * What a pattern of COPY or ADD names (`src/*.ts`, `.`), sorted by path, folders with all that is in them. Patterns
	 * are Go's filepath.Match; a name that leads out of the tree is looked up inside of it.
	 */
	find(patterns: readonly string[], options: FindOptions): Promise<readonly ContextMatch[]>;
	/** Text of a small file; `undefined` when it is not there. At most 16 MiB. */
	readText(path: string): Promise<string | undefined>;
	/** One place itself, without what is in it; its digest is not asked for. `undefined`: nothing is there. */
	look(path: string): Promise<TreeEntry | undefined>;
	/** Where others can get it, for provenance; absent: it came from a client. No credentials are in it. */
	readonly origin?: { readonly uri: string; readonly digest?: Readonly<Record<string, string>> };
	/** Where the bytes of found files are. */
	readonly source: PlacementSource;
	/** The whole tree, for mounts; that of an upload is made when it is first asked for. Nobody may write to it. */
	tree(): Promise<ArchiveRoot>;
}

/** Makes contexts of what users give. Each has a folder of its own that goes when it is disposed of. */
export interface Contexts {
	/**
	 * Of a tar, compressed or not. Its `.dockerignore` (`<Dockerfile>.dockerignore` before it) is applied; those files
	 * and the Dockerfile itself can be read all the same. Errors: `invalid_argument`, `too_large`.
	 */
	fromTar(tar: AsyncIterable<Uint8Array>, options: ContextOptions): Promise<BuildContext>;
	/**
	 * Of an address: a repository (`https://….git#ref:folder`, `git@…`), a tar, or a text, which is the Dockerfile of
	 * an empty tree. Errors: `invalid_argument`, `unavailable`; a program that is missing is named.
	 */
	fromAddress(
		address: string,
		options: ContextOptions,
	): Promise<{ readonly context: BuildContext; readonly dockerfile?: string }>;
	/** With nothing in it. */
	empty(): Promise<BuildContext>;
}

export interface ContextOptions {
	/** Where the Dockerfile is in it. */
	readonly dockerfile: string;
	readonly signal: AbortSignal;
}

export interface FindOptions {
	/** As in `.dockerignore`, relative to what a pattern matched; of a file its name. */
	readonly excludes: readonly string[];
	/** `**` stands for any number of folders (`--parents`). */
	readonly deep: boolean;
}

/** What one pattern matched. */
export interface ContextMatch {
	readonly pattern: string;
	/** Relative to the root, without a leading slash; empty: the root itself. A byte string. */
	readonly path: string;
	/** What it is, links in the path followed, then what is in it; each with its digest. */
	readonly entries: readonly TreeEntry[];
}

/**
 * COPY and ADD, for who solves a graph. `prepareCopy` first finds the files (and fetches what is an address), so that
 * a cache key can be made of their content; `into` then writes them, when there is no result of that key.
 */
export interface Copier {
	/** A stage's or an image's tree, which nobody changes, for `--from`. */
	openTree(root: ArchiveRoot, signal: AbortSignal): Promise<BuildContext>;
	/** Errors: `not_found` with Docker's text when a source matches nothing; `invalid_argument`; those of fetching. */
	prepareCopy(work: CopyWork, signal: AbortSignal): Promise<PreparedCopy>;
}

export interface CopyWork {
	readonly operation: CopyOperation;
	/** What the sources are looked up in. */
	readonly source: BuildContext;
}

/** Disposing gives fetched files back. */
export interface PreparedCopy extends AsyncDisposable {
	/**
	 * Of all that the result depends on, apart from the tree that it is written to: paths, content, modes, owners,
	 * target and options; not times and not where the files come from.
	 */
	readonly digest: Digest;
	/** Writes into a tree that a confined worker mounts. Names of owners are looked up in it. */
	into(target: CopyTarget, signal: AbortSignal): Promise<void>;
}

export interface CopyTarget {
	/**
	 * The writable tree: an overlay of what is below and a folder that takes the changes. With `--link` there is
	 * nothing below. What leads out of it is looked up inside of it.
	 */
	readonly root: ArchiveRoot;
	/** Seconds since 1970; modification times are at most this. */
	readonly sourceDateEpoch?: number;
}

/** The value is asked for when a step needs it, kept in memory only. `undefined`: there is none. */
export interface SecretValue {
	read(): Promise<Uint8Array | undefined>;
}

/** Opens a connection to an agent. */
export interface SshAgent {
	connect(): Promise<{
		readonly readable: ReadableStream<Uint8Array>;
		readonly writable: WritableStream<Uint8Array>;
	}>;
}

export type Export =
	| { readonly type: "image"; readonly names: readonly string[]; readonly push: boolean }
	| ArchiveExport
	| TreeExport;

/** An image as an archive, which whoever asked takes. */
export interface ArchiveExport {
	readonly type: "oci" | "docker";
	readonly names: readonly string[];
	readonly sink: ExportSink;
}

/** The files alone. */
export interface TreeExport {
	readonly type: "tar" | "local";
	readonly sink: ExportSink;
}

export interface ExportSink {
	/** Takes a tar; for `local` its entries become files of a folder. */
	write(tar: AsyncIterable<Uint8Array>): Promise<void>;
}

export interface BuildResult {
	/** Config digest, Docker's image id; empty when only files were exported. */
	readonly imageId: string;
	readonly manifestDigest: string;
	/** Of several platforms: the index. */
	readonly indexDigest?: string;
	readonly config: ImageRunConfig;
	/** `containerimage.digest` and others, for `--metadata-file`. */
	readonly metadata: Readonly<Record<string, unknown>>;
	/** When it was asked for, of a build for one platform. */
	readonly kept?: KeptResult;
}

/** What a build came to, held until it is disposed of. */
export interface KeptResult extends Disposable {
	/** Every tree and configuration has a name of its own. */
	readonly id: Digest;
	readonly tree: StepResult;
	readonly config: ImageConfigFile;
	/** The same, to be disposed of by somebody else. */
	share(): KeptResult;
	/** What is at a path, links followed inside of the tree. `undefined`: nothing. */
	look(path: string, signal: AbortSignal): Promise<TreeEntry | undefined>;
	/** A folder's own entries by name. `not_found`; `invalid_argument` when it is no folder. */
	list(path: string, signal: AbortSignal): Promise<readonly TreeEntry[]>;
	/** At most so many bytes; `too_large`. `undefined`: no such file. */
	readFile(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** Told as it happens, in order for each vertex. */
export type BuildEvents = (event: BuildEvent) => void;

export type BuildEvent =
	/** A step is known; all are told before the first starts. */
	| { readonly kind: "vertex"; readonly vertex: Vertex }
	| { readonly kind: "started"; readonly vertex: Digest; readonly at: number }
	| {
			readonly kind: "log";
			readonly vertex: Digest;
			readonly stream: "stdout" | "stderr";
			readonly data: Uint8Array;
			readonly at: number;
	  }
	/** Of something under way in a vertex, a pulled layer say. */
	| {
			readonly kind: "progress";
			readonly vertex: Digest;
			readonly id: string;
			readonly name: string;
			readonly current: number;
			readonly total: number;
			readonly at: number;
			readonly done: boolean;
	  }
	| {
			readonly kind: "completed";
			readonly vertex: Digest;
			readonly cached: boolean;
			readonly at: number;
			readonly sizeBytes: number;
			/** What `--explain-cache` says: why it was not cached. */
			readonly reason?: string;
	  }
	| { readonly kind: "failed"; readonly vertex: Digest; readonly message: string; readonly at: number }
	| {
			readonly kind: "warning";
			readonly vertex?: Digest;
			readonly rule: string;
			readonly message: string;
			readonly url: string;
			readonly line: number;
	  };

export interface Vertex {
	/** The step's definition. */
	readonly digest: Digest;
	/** `[build 2/5] RUN make`. */
	readonly name: string;
	readonly inputs: readonly Digest[];
	/** Of the Dockerfile; 0: none. */
	readonly line: number;
}

export interface BuildRecord {
	readonly id: string;
	readonly name: string;
	readonly startedAt: string;
	readonly endedAt?: string;
	readonly state: "running" | "completed" | "failed" | "cancelled";
	readonly error?: string;
	readonly steps: { readonly total: number; readonly completed: number; readonly cached: number };
	readonly imageId?: string;
	/** It is not forgotten by itself. */
	readonly isPinned?: boolean;
}

/** A build began, ended (or was pinned or let go), or was forgotten. */
export interface HistoryChange {
	readonly kind: "started" | "completed" | "deleted";
	readonly record: BuildRecord;
}
