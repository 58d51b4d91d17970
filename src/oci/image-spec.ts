/** OCI image spec 1.1 and Docker schema 2, as they stand in blobs. https://github.com/opencontainers/image-spec */

/** `sha256:<64 hex>`; made only by `parseDigest` and `digestOf`. */
export type Digest = `sha256:${string}`;

export interface Descriptor {
	mediaType: string;
	digest: Digest;
	/** Bytes. */
	size: number;
	annotations?: Record<string, string>;
	/** Where a layer is that registries may not hand out. */
	urls?: string[];
	platform?: Platform;
	artifactType?: string;
}

export interface Platform {
	os: string;
	architecture: string;
	variant?: string;
	"os.version"?: string;
	"os.features"?: string[];
}

export interface Manifest {
	schemaVersion: 2;
	mediaType?: string;
	artifactType?: string;
	config: Descriptor;
	layers: Descriptor[];
	subject?: Descriptor;
	annotations?: Record<string, string>;
}

export interface Index {
	schemaVersion: 2;
	mediaType?: string;
	manifests: Descriptor[];
	annotations?: Record<string, string>;
}

/** The image's config blob; its digest is Docker's image id. */
export interface ImageConfigFile {
	created?: string;
	author?: string;
	architecture: string;
	os: string;
	variant?: string;
	config?: ImageRunConfig;
	rootfs: { type: "layers"; diff_ids: Digest[] };
	history?: HistoryEntry[];
	docker_version?: string;
}

/** Defaults for containers made from the image. Docker's extensions (Healthcheck, OnBuild, Shell) included. */
export interface ImageRunConfig {
	User?: string;
	ExposedPorts?: Record<string, Record<string, never>>;
	Env?: string[];
	Entrypoint?: string[] | null;
	Cmd?: string[] | null;
	Volumes?: Record<string, Record<string, never>>;
	WorkingDir?: string;
	Labels?: Record<string, string>;
	StopSignal?: string;
	ArgsEscaped?: boolean;
	Healthcheck?: {
		Test?: string[];
		Interval?: number;
		Timeout?: number;
		StartPeriod?: number;
		StartInterval?: number;
		Retries?: number;
	};
	OnBuild?: string[] | null;
	Shell?: string[] | null;
}

export interface HistoryEntry {
	created?: string;
	created_by?: string;
	author?: string;
	comment?: string;
	empty_layer?: boolean;
}
