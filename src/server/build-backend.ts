import type {
	BuildPruneResponse,
	HullBuildEvent,
	HullBuildMount,
	HullBuildRecord,
	HullBuildRequest,
	imageBuild,
	QueryOf,
} from "../api/index.ts";
import type { Filters } from "./filters.ts";
import type { ProgressLine } from "./progress-line.ts";

/** The parameters of `POST /build` after those that are JSON have been read. */
export interface ClassicBuild {
	readonly query: Omit<
		QueryOf<typeof imageBuild>,
		"buildargs" | "labels" | "cachefrom" | "ulimits" | "outputs"
	>;
	/** `null`: as in the engine's own environment. */
	readonly buildArgs: Readonly<Record<string, string | null>>;
	readonly labels: Readonly<Record<string, string>>;
	readonly cacheFrom: readonly string[];
	readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
	/** `X-Registry-Config`: by registry. */
	readonly auth: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
	/** A tar; what it is when `remote` is given does not matter. */
	readonly body: AsyncIterable<Uint8Array>;
}

/** A build by `POST /hull/build`. */
export interface HullBuild {
	readonly request: HullBuildRequest;
	/** The tars of contexts that are uploaded, one after the other. */
	nextUpload(): AsyncIterable<Uint8Array>;
}

export interface BuildBackend {
	/** Docker's stream of the classic builder. An error after the first line is a line. */
	build(call: ClassicBuild, emit: (line: ProgressLine) => void, signal: AbortSignal): Promise<void>;
	/** Never rejects: the last event says how it ended. Slow readers hold exports up. */
	hullBuild(call: HullBuild, signal: AbortSignal): AsyncIterable<HullBuildEvent>;
	/** `not_found`. */
	cancel(id: string): void;
	prune(options: {
		readonly all: boolean;
		/** 0: no limit. */
		readonly reservedBytes: number;
		readonly maxUsedBytes: number;
		readonly minFreeBytes: number;
		readonly filters: Filters;
	}): Promise<BuildPruneResponse>;
	mounts(): Promise<HullBuildMount[]>;
	/** `not_found`, `conflict`. */
	exportMount(id: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
	/** `conflict`, `invalid_argument`, `forbidden`, `too_large`. */
	importMount(id: string, archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
	/** `not_found`, `conflict`. */
	removeMount(id: string): Promise<void>;
	list(): HullBuildRecord[];
	/** `not_found`. */
	inspect(id: string): HullBuildRecord;
	/** `not_found`. */
	events(id: string, signal: AbortSignal): AsyncIterable<HullBuildEvent>;
}
