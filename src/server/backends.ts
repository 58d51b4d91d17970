/**
 * What the routes need from the engine: narrow interfaces, declared here by the one who uses them and implemented by
 * `daemon/` on top of the rooms. Routes translate HTTP to these calls and nothing else.
 *
 * `reference` is what the client wrote (name, id, id prefix). Errors are EngineErrors.
 */
import type {
	AttestationStatement,
	AuthConfig,
	AuthResponse,
	ContainerCreateRequest,
	ContainerCreateResponse,
	ContainerInspectResponse,
	ContainerPruneResponse,
	ContainerStatsResponse,
	ContainerSummary,
	ContainerTopResponse,
	ContainerUpdateRequest,
	ContainerUpdateResponse,
	ContainerWaitResponse,
	ExecCreateRequest,
	ExecInspectResponse,
	FilesystemChange,
	HullFootprint,
	HullHost,
	IDResponse,
	ImageDeleteResponseItem,
	ImageHistoryResponseItem,
	ImageInspect,
	ImagePruneResponse,
	ImageSummary,
	Network,
	NetworkConnectRequest,
	NetworkCreateRequest,
	NetworkCreateResponse,
	NetworkDisconnectRequest,
	NetworkInspect,
	NetworkPruneResponse,
	SystemDataUsageResponse,
	SystemInfo,
	SystemVersion,
	Volume,
	VolumeCreateRequest,
	VolumeListResponse,
	VolumePruneResponse,
} from "../api/index.ts";
import type { EngineEvent } from "../events/index.ts";
import type { BuildBackend } from "./build-backend.ts";
import type { BuildkitBackend } from "./buildkit-backend.ts";
import type { ChangesBackend } from "./changes-backend.ts";
import type { CopiesBackend } from "./copies-backend.ts";
import type { DistributionBackend } from "./distribution-backend.ts";
import type { EgressBackend } from "./egress-backend.ts";
import type { Filters } from "./filters.ts";
import type { ImageLayersBackend } from "./image-layers-backend.ts";
import type { MountsBackend } from "./mounts-backend.ts";
import type { ProgressLine } from "./progress-line.ts";
import type { RegistryBackend } from "./registry-backend.ts";
import type { SbomBackend } from "./sbom-backend.ts";
import type { SecretsBackend } from "./secrets-backend.ts";
import type { SocketsBackend } from "./sockets-backend.ts";
import type { TrustBackend } from "./trust-backend.ts";
import type { UpkeepBackend } from "./upkeep-backend.ts";
import type { VolumeCopiesBackend } from "./volume-copies-backend.ts";

/** Both directions of one attached client, whatever carries it (101 upgrade, plain 200, websocket). */
export interface AttachedStreams {
	readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
	readonly stdin?: { write(data: Uint8Array): Promise<void>; end(): Promise<void> };
	/** Raw bytes instead of stdcopy frames. */
	readonly tty: boolean;
	/** The client is gone, or output has ended. Pending writes of stdin settle, the iteration of output ends. */
	close(): void;
}

export interface AttachRequest {
	readonly stdin: boolean;
	readonly stdout: boolean;
	readonly stderr: boolean;
	/** Replay what was logged. */
	readonly logs: boolean;
	/** Follow live output. */
	readonly stream: boolean;
	/** `ctrl-p,ctrl-q` when empty. The backend scans stdin of terminals for them. */
	readonly detachKeys: string;
}

export interface LogsRequest {
	readonly stdout: boolean;
	readonly stderr: boolean;
	readonly follow: boolean;
	/** Nanoseconds since 1970. */
	readonly since?: bigint;
	readonly until?: bigint;
	readonly timestamps: boolean;
	readonly details: boolean;
	/** Lines; `undefined` is all. */
	readonly tail?: number;
}

export interface ContainerBackend {
	list(query: { all: boolean; limit: number; size: boolean; filters: Filters }): Promise<ContainerSummary[]>;
	create(
		request: ContainerCreateRequest,
		options: {
			name?: string;
			platform?: string;
			/** Binds must be below one of these folders, and are kept from leading out of it; absent: any. */
			bindRoots?: readonly string[];
		},
	): Promise<ContainerCreateResponse>;
	inspect(reference: string, options: { size: boolean }): Promise<ContainerInspectResponse>;
	/** False when it ran already (304). */
	start(reference: string): Promise<boolean>;
	stop(reference: string, options: { timeoutSeconds?: number; signal?: string }): Promise<boolean>;
	restart(reference: string, options: { timeoutSeconds?: number; signal?: string }): Promise<void>;
	kill(reference: string, signal: string): Promise<void>;
	pause(reference: string): Promise<void>;
	unpause(reference: string): Promise<void>;
	rename(reference: string, name: string): Promise<void>;
	update(reference: string, request: ContainerUpdateRequest): Promise<ContainerUpdateResponse>;
	remove(reference: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void>;
	prune(filters: Filters): Promise<ContainerPruneResponse>;
	resize(reference: string, size: { height: number; width: number }): Promise<void>;
	attach(reference: string, request: AttachRequest): Promise<AttachedStreams>;
	logs(
		reference: string,
		request: LogsRequest,
		signal: AbortSignal,
	): Promise<Pick<AttachedStreams, "output" | "tty">>;
	/** Resolves with a function that waits, once the wait is in place: headers are sent in between. */
	wait(
		reference: string,
		condition: string,
		signal: AbortSignal,
	): Promise<() => Promise<ContainerWaitResponse>>;
	top(reference: string, psArguments: string): Promise<ContainerTopResponse>;
	footprint(reference: string): Promise<HullFootprint>;
	/** Rejects at once when there is no such container; the iteration then reads until it is left or aborted. */
	stats(
		reference: string,
		options: { stream: boolean; oneShot: boolean },
		signal: AbortSignal,
	): Promise<AsyncIterable<ContainerStatsResponse>>;
	changes(reference: string): Promise<FilesystemChange[]>;
	export(reference: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
	/** Go's os.FileMode and friends, for `X-Docker-Container-Path-Stat`. */
	archiveStat(reference: string, path: string): Promise<PathStat>;
	archiveGet(
		reference: string,
		path: string,
		signal: AbortSignal,
	): Promise<{ stat: PathStat; stream: AsyncIterable<Uint8Array> }>;
	archivePut(
		reference: string,
		path: string,
		body: AsyncIterable<Uint8Array>,
		options: { noOverwriteDirNonDir: boolean; copyUidGid: boolean },
		signal: AbortSignal,
	): Promise<void>;
	commit(
		reference: string,
		options: {
			repo: string;
			tag: string;
			comment: string;
			author: string;
			pause: boolean;
			changes: readonly string[];
			config?: ContainerCreateRequest;
		},
	): Promise<IDResponse>;
	execCreate(reference: string, request: ExecCreateRequest): Promise<IDResponse>;
	/**
	 * Resolves with the function that starts the process, once nothing but the start itself can fail; it is called in
	 * any case. In between an attached client gets the head of its answer, so an error of the start is its output, as
	 * with Docker. Streams are `undefined` when detached.
	 */
	execStart(
		id: string,
		request: { detach: boolean; tty: boolean; consoleSize?: readonly [number, number] },
	): Promise<() => Promise<AttachedStreams | undefined>>;
	execResize(id: string, size: { height: number; width: number }): Promise<void>;
	execInspect(id: string): Promise<ExecInspectResponse>;
}

export interface PathStat {
	readonly name: string;
	readonly size: number;
	readonly mode: number;
	readonly mtime: string;
	readonly linkTarget: string;
}

export interface ImageBackend {
	list(query: {
		all: boolean;
		filters: Filters;
		sharedSize: boolean;
		digests: boolean;
		manifests: boolean;
		/** In each manifest: where it is from. */
		identity: boolean;
	}): Promise<ImageSummary[]>;
	inspect(reference: string, options: { platform?: string; manifests: boolean }): Promise<ImageInspect>;
	history(reference: string, options: { platform?: string }): Promise<ImageHistoryResponseItem[]>;
	/** `types`: predicate types wanted; none is all. */
	attestations(
		reference: string,
		options: { platform?: string; types: readonly string[]; statements: boolean },
	): Promise<AttestationStatement[]>;
	/** Errors after the first message go into the stream. */
	pull(
		request: { fromImage: string; tag: string; platform?: string; auth?: AuthConfig },
		emit: (line: ProgressLine) => void,
		signal: AbortSignal,
	): Promise<void>;
	import(
		request: {
			source: string;
			repo: string;
			tag: string;
			message: string;
			changes: readonly string[];
			platform?: string;
			body: AsyncIterable<Uint8Array>;
		},
		emit: (line: ProgressLine) => void,
		signal: AbortSignal,
	): Promise<void>;
	push(
		reference: string,
		request: { tag: string; platform?: string; auth?: AuthConfig },
		emit: (line: ProgressLine) => void,
		signal: AbortSignal,
	): Promise<void>;
	load(
		body: AsyncIterable<Uint8Array>,
		options: {
			quiet: boolean;
			platforms: readonly string[];
			/** Throws when an image may not get a name of the archive; asked before anything is taken. */
			mayName?: (name: string) => void;
		},
		emit: (line: ProgressLine) => void,
		signal: AbortSignal,
	): Promise<void>;
	save(
		references: readonly string[],
		options: { platforms: readonly string[] },
		signal: AbortSignal,
	): Promise<AsyncIterable<Uint8Array>>;
	tag(reference: string, target: { repo: string; tag: string }): Promise<void>;
	remove(
		reference: string,
		options: { force: boolean; noPrune: boolean; platforms: readonly string[] },
	): Promise<ImageDeleteResponseItem[]>;
	prune(filters: Filters): Promise<ImagePruneResponse>;
	auth(config: AuthConfig): Promise<AuthResponse>;
}

export interface NetworkBackend {
	list(filters: Filters): Promise<Network[]>;
	inspect(reference: string, options: { verbose: boolean; scope: string }): Promise<NetworkInspect>;
	create(request: NetworkCreateRequest): Promise<NetworkCreateResponse>;
	remove(reference: string): Promise<void>;
	connect(reference: string, request: NetworkConnectRequest): Promise<void>;
	disconnect(reference: string, request: NetworkDisconnectRequest): Promise<void>;
	prune(filters: Filters): Promise<NetworkPruneResponse>;
}

export interface VolumeBackend {
	list(filters: Filters): Promise<VolumeListResponse>;
	create(request: VolumeCreateRequest): Promise<Volume>;
	inspect(name: string): Promise<Volume>;
	remove(name: string, options: { force: boolean }): Promise<void>;
	prune(filters: Filters): Promise<VolumePruneResponse>;
}

export type DiskUsage = Pick<
	SystemDataUsageResponse,
	"LayersSize" | "Images" | "Containers" | "Volumes" | "BuildCache" | "HullUsage"
> & {
	/** The part of `LayersSize` that a prune of all unused images would free. */
	readonly ReclaimableLayersSize?: number;
};

export interface SystemBackend {
	info(): Promise<SystemInfo>;
	hostFacts(): Promise<HullHost>;
	version(): Promise<SystemVersion>;
	/** `/system/df`: the lists of the kinds asked for (`container`, `image`, `volume`, `build-cache`; none is all). */
	diskUsage(kinds: readonly string[]): Promise<DiskUsage>;
	/** Filters that are not understood: `invalid_argument` (Docker ignores them silently). */
	events(
		query: { since?: bigint; until?: bigint; filters: Filters },
		signal: AbortSignal,
	): Promise<AsyncIterable<EngineEvent>>;
}

export interface Backends {
	readonly containers: ContainerBackend;
	readonly images: ImageBackend;
	readonly networks: NetworkBackend;
	readonly volumes: VolumeBackend;
	readonly system: SystemBackend;
	readonly distribution: DistributionBackend;
	readonly copies: CopiesBackend;
	readonly mounts: MountsBackend;
	readonly changes: ChangesBackend;
	readonly egress: EgressBackend;
	readonly trust: TrustBackend;
	readonly sbom: SbomBackend;
	readonly upkeep: UpkeepBackend;
	readonly secrets: SecretsBackend;
	readonly volumeCopies: VolumeCopiesBackend;
	readonly registries: RegistryBackend;
	readonly imageLayers: ImageLayersBackend;
	readonly builds: BuildBackend;
	readonly buildkit: BuildkitBackend;
	readonly sockets: SocketsBackend;
}
