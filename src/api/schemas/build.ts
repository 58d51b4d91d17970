import { type Static, Type } from "typebox";

export const BuildPruneResponse = Type.Object({
	CachesDeleted: Type.Array(Type.String()),
	SpaceReclaimed: Type.Integer(),
});
export type BuildPruneResponse = Static<typeof BuildPruneResponse>;

/** One entry of the build cache, as `GET /system/df` lists it. */
export const BuildCacheItem = Type.Object({
	ID: Type.String(),
	Parents: Type.Array(Type.String()),
	Type: Type.String(),
	Description: Type.String(),
	InUse: Type.Boolean(),
	Shared: Type.Boolean(),
	Size: Type.Integer(),
	CreatedAt: Type.String(),
	LastUsedAt: Type.String(),
	UsageCount: Type.Integer(),
});
export type BuildCacheItem = Static<typeof BuildCacheItem>;

/** A folder that RUN steps share (`--mount=type=cache`). */
export const HullBuildMount = Type.Object({
	Id: Type.String(),
	/** As the build cache's lists have it. */
	Name: Type.String(),
	Size: Type.Integer(),
	CreatedAt: Type.String(),
	LastUsedAt: Type.String(),
	UsageCount: Type.Integer(),
	InUse: Type.Boolean(),
});
export type HullBuildMount = Static<typeof HullBuildMount>;

export const HullBuildRecord = Type.Object({
	Id: Type.String(),
	Name: Type.String(),
	StartedAt: Type.String(),
	EndedAt: Type.Optional(Type.String()),
	/** `running`, `completed`, `failed`, `cancelled`. */
	State: Type.String(),
	Error: Type.Optional(Type.String()),
	Steps: Type.Object({ Total: Type.Integer(), Completed: Type.Integer(), Cached: Type.Integer() }),
	ImageId: Type.Optional(Type.String()),
	/** It is not forgotten by itself. */
	Pinned: Type.Optional(Type.Boolean()),
});
export type HullBuildRecord = Static<typeof HullBuildRecord>;

/** A tree that a build reads: sent along, fetched by the engine, an image, or none. */
export const HullBuildContext = Type.Object({
	/** Empty: the main one. */
	Name: Type.String(),
	/** `upload`: the next tar of the body; `remote`: `Address`; `image`: `Address` is its name; `empty`. */
	Kind: Type.String(),
	Address: Type.Optional(Type.String()),
});

/** What `POST /hull/build` is asked for: the first frame of its body. */
export const HullBuildRequest = Type.Object({
	/** `build`; `check`: lint alone; `graph`: the plan alone. */
	Mode: Type.String(),
	Id: Type.Optional(Type.String()),
	/** `Text` when it is in no context. */
	Dockerfile: Type.Object({ Name: Type.String(), Text: Type.Optional(Type.String()) }),
	/** The text of `.dockerignore`, for `check`. */
	Ignore: Type.Optional(Type.String()),
	Contexts: Type.Array(HullBuildContext),
	Target: Type.Optional(Type.String()),
	Args: Type.Optional(Type.Record(Type.String(), Type.String())),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
	Annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
	Platforms: Type.Optional(Type.Array(Type.String())),
	NoCache: Type.Optional(Type.Boolean()),
	NoCacheStages: Type.Optional(Type.Array(Type.String())),
	Pull: Type.Optional(Type.Boolean()),
	Network: Type.Optional(Type.String()),
	Isolation: Type.Optional(Type.String()),
	ExtraHosts: Type.Optional(Type.Array(Type.String())),
	ShmSize: Type.Optional(Type.Integer()),
	Memory: Type.Optional(Type.Integer()),
	MemorySwap: Type.Optional(Type.Integer()),
	CpuShares: Type.Optional(Type.Integer()),
	CpuPeriod: Type.Optional(Type.Integer()),
	CpuQuota: Type.Optional(Type.Integer()),
	CpusetCpus: Type.Optional(Type.String()),
	CpusetMems: Type.Optional(Type.String()),
	CgroupParent: Type.Optional(Type.String()),
	Ulimits: Type.Optional(
		Type.Array(Type.Object({ Name: Type.String(), Soft: Type.Integer(), Hard: Type.Integer() })),
	),
	/** id → base64. */
	Secrets: Type.Optional(Type.Record(Type.String(), Type.String())),
	/** id → socket of an agent, on the engine's machine. */
	Ssh: Type.Optional(Type.Record(Type.String(), Type.String())),
	CacheFrom: Type.Optional(Type.Array(Type.Record(Type.String(), Type.String()))),
	CacheTo: Type.Optional(Type.Array(Type.Record(Type.String(), Type.String()))),
	Squash: Type.Optional(Type.Boolean()),
	SourceDateEpoch: Type.Optional(Type.Integer()),
	Provenance: Type.Optional(
		Type.Object({
			/** `min`, `max`. */
			Mode: Type.String(),
			BuilderId: Type.Optional(Type.String()),
			Reproducible: Type.Optional(Type.Boolean()),
		}),
	),
	Sbom: Type.Optional(Type.Boolean()),
	Exports: Type.Optional(
		Type.Array(
			Type.Object({
				/** `image`, `oci`, `docker`, `tar`, `local`. */
				Type: Type.String(),
				Names: Type.Optional(Type.Array(Type.String())),
				Push: Type.Optional(Type.Boolean()),
			}),
		),
	),
	/** `network.host`, `security.insecure`, `device`, `device=/dev/…`. */
	Allow: Type.Optional(Type.Array(Type.String())),
	/** Registry → credentials. */
	Auth: Type.Optional(
		Type.Record(Type.String(), Type.Object({ Username: Type.String(), Password: Type.String() })),
	),
});
export type HullBuildRequest = Static<typeof HullBuildRequest>;

/** One line of the answer of `POST /hull/build`. Times are milliseconds since 1970. */
export type HullBuildEvent =
	| { readonly kind: "vertex"; readonly vertex: HullBuildVertex }
	| { readonly kind: "started"; readonly vertex: string; readonly at: number }
	| {
			readonly kind: "log";
			readonly vertex: string;
			readonly stream: "stdout" | "stderr";
			/** base64. */
			readonly data: string;
			readonly at: number;
	  }
	| {
			readonly kind: "progress";
			readonly vertex: string;
			readonly id: string;
			readonly name: string;
			readonly current: number;
			readonly total: number;
			readonly at: number;
			readonly done: boolean;
	  }
	| {
			readonly kind: "completed";
			readonly vertex: string;
			readonly cached: boolean;
			readonly at: number;
			readonly sizeBytes: number;
			readonly reason?: string;
	  }
	| { readonly kind: "failed"; readonly vertex: string; readonly message: string; readonly at: number }
	| {
			readonly kind: "warning";
			readonly vertex?: string;
			readonly rule: string;
			readonly message: string;
			readonly url: string;
			readonly line: number;
			/** The lines that it is about. */
			readonly shown?: string;
	  }
	/** Of an export that is a stream, by its place in the request; the last has no data. */
	| { readonly kind: "export"; readonly index: number; readonly data?: string }
	/**
	 * Of a cache that goes to a folder of who asked, by its place in the request: a blob in pieces, the last without
	 * data; then its manifest, which is a blob too, with what the folder's index says of it.
	 */
	| {
			readonly kind: "cache";
			readonly index: number;
			readonly digest: string;
			readonly data?: string;
			readonly manifest?: { readonly mediaType: string; readonly size: number };
	  }
	| { readonly kind: "graph"; readonly steps: readonly HullBuildStep[] }
	/** The end of a check. */
	| { readonly kind: "checked"; readonly warnings: number; readonly isError: boolean }
	| {
			readonly kind: "result";
			readonly imageId: string;
			readonly manifestDigest: string;
			readonly indexDigest?: string;
			readonly metadata: Readonly<Record<string, unknown>>;
	  }
	/** The last line of a build that failed. `shown`: the lines of the Dockerfile with a caret. */
	| { readonly kind: "error"; readonly message: string; readonly shown?: string; readonly exitCode?: number };

export interface HullBuildVertex {
	readonly digest: string;
	readonly name: string;
	readonly inputs: readonly string[];
	readonly line: number;
}

/** A step of the plan, as `--print-graph` shows it. */
export interface HullBuildStep extends HullBuildVertex {
	readonly stage: string;
	/** `image`, `run`, `copy`, `folder`, `scratch`. */
	readonly kind: string;
	/** Names of contexts that it reads. */
	readonly contexts: readonly string[];
}
