import type { Device, Resources } from "../../oci/index.ts";
import type { IdRanges } from "../../sys/index.ts";
import type { CdiEdits } from "../cdi/contract.ts";
import type { ResolvedUser } from "./user.ts";

/**
 * Everything that the runtime spec of a container is made from. Plain data: whatever has to be looked up (users,
 * device numbers, what this host can do) is looked up by the caller, so that {@link buildSpec} stays a pure function.
 */
export interface SpecInput {
	readonly id: string;
	/** Entrypoint and command, at least one word. */
	readonly args: readonly string[];
	/** The image's variables with the container's over them; a bare `KEY` removes one of the defaults. */
	readonly env: readonly string[];
	/** Absolute; empty is `/`. */
	readonly workingDir: string;
	readonly terminal: boolean;
	readonly consoleSize?: { readonly height: number; readonly width: number };
	readonly user: ResolvedUser;
	readonly hostname: string;
	readonly domainname?: string;
	readonly readonlyRootfs?: boolean;
	readonly annotations?: Readonly<Record<string, string>>;

	readonly privileged?: boolean;
	readonly capAdd?: readonly string[];
	readonly capDrop?: readonly string[];
	/** `HostConfig.SecurityOpt`, as it is. */
	readonly securityOpt?: readonly string[];
	/** Replace the defaults; `[]` masks nothing. */
	readonly maskedPaths?: readonly string[];
	readonly readonlyPaths?: readonly string[];

	readonly namespaces: NamespaceChoices;
	readonly sysctls?: Readonly<Record<string, string>>;
	/** `/hull` when empty. */
	readonly cgroupParent?: string;

	/** The user's mounts, in the order of the request. */
	readonly mounts: readonly SpecMount[];
	/** The engine's own files, bound unless the user mounts something there. */
	readonly files: { readonly resolvConf?: string; readonly hostname?: string; readonly hosts?: string };
	/** Bytes of /dev/shm; 64 MiB when 0. */
	readonly shmSize?: number;
	/** Path of a `tini` or `docker-init` on the host to run as the container's first process. */
	readonly initPath?: string;

	readonly devices?: readonly GrantedDevice[];
	/** What CDI devices bring beside their nodes, which are among `devices`. */
	readonly cdi?: CdiEdits;
	/** `HostConfig.DeviceCgroupRules`: `c 10:200 rwm`. */
	readonly deviceCgroupRules?: readonly string[];
	/** Checked by `checkResources`. */
	readonly resources?: ResourceLimits;
	readonly ulimits?: readonly Ulimit[];
	readonly oomScoreAdj?: number;

	readonly host: SpecHost;
}

export interface NamespaceChoices {
	/**
	 * `own`: the sandbox's network namespace; the driver sets the path. `shared`: one that belongs to another
	 * container, whose sysctls are left alone. `host`: the host's.
	 */
	readonly network: "own" | "shared" | "host";
	readonly pid: NamespaceChoice;
	readonly ipc:
		| { readonly kind: "own" }
		/** Own namespace without /dev/shm. */
		| { readonly kind: "none" }
		| { readonly kind: "host" }
		| { readonly kind: "container"; readonly pid: number; readonly shmPath: string };
	readonly uts: NamespaceChoice;
	/** Undefined: `own` with cgroup v2, else `host`. */
	readonly cgroup?: "own" | "host";
	/** Where the one is that the container is in, and who is who there; undefined: the host's. */
	readonly user?: { readonly path: string; readonly ids: IdRanges };
}

export type NamespaceChoice =
	| { readonly kind: "own" }
	| { readonly kind: "host" }
	/** That of a running container, by its init's process id on the host. */
	| { readonly kind: "container"; readonly pid: number };

export type SpecMount =
	| {
			readonly kind: "bind";
			/** Absolute path on the host; for a volume its data folder. */
			readonly source: string;
			readonly destination: string;
			readonly readOnly: boolean;
			/** Empty for a volume. */
			readonly propagation: string;
			/** False: mounts below the source stay out (`bind-recursive=disabled`). */
			readonly recursive?: boolean;
			/** How deep read-only goes; undefined is as deep as the runtime can. */
			readonly readOnlyRecursion?: "writable" | "required";
	  }
	| {
			readonly kind: "tmpfs";
			readonly destination: string;
			/** Options of mount(2): `size=64m`, `mode=1777`, `exec`, … */
			readonly options: readonly string[];
	  };

/** A device and what the container may do with it. */
export interface GrantedDevice {
	readonly device: Device;
	/** Letters of `rwm`. */
	readonly access: string;
}

/** `HostConfig`'s limits; 0, empty and undefined mean none. */
export interface ResourceLimits {
	readonly memoryBytes?: number;
	/** Memory and swap together; -1 is unlimited swap. */
	readonly memorySwapBytes?: number;
	readonly memoryReservationBytes?: number;
	readonly memorySwappiness?: number;
	readonly oomKillDisable?: boolean;
	readonly cpuShares?: number;
	readonly cpuPeriodMicros?: number;
	readonly cpuQuotaMicros?: number;
	readonly cpuNanos?: number;
	readonly cpuRealtimePeriodMicros?: number;
	readonly cpuRealtimeRuntimeMicros?: number;
	readonly cpusetCpus?: string;
	readonly cpusetMems?: string;
	readonly pidsLimit?: number;
	readonly blkioWeight?: number;
	/** Devices already looked up. */
	readonly blockIO?: Omit<NonNullable<Resources["blockIO"]>, "weight">;
}

export interface Ulimit {
	/** `nofile`, `nproc`, … */
	readonly name: string;
	/** -1 is unlimited. */
	readonly soft: number;
	readonly hard: number;
	/** `user`: asked for, must hold. `default`: the engine's configuration, left out when it cannot be set. */
	readonly origin: "user" | "default";
}

/** What the daemon and its host can do. */
export interface SpecHost {
	readonly cgroupVersion: 1 | 2;
	/** `process.arch`-like: `x64`, `arm64`, … */
	readonly architecture: string;
	/** `uname -r` */
	readonly kernelVersion: string;
	/** Capabilities in the daemon's bounding set; nothing beyond them can be given. */
	readonly capabilities: ReadonlySet<string>;
	/** The daemon's own limits by name (`nofile`); -1 is unlimited. */
	readonly rlimits: ReadonlyMap<string, { readonly soft: number; readonly hard: number }>;
	readonly oomScoreAdj: number;
	/** All devices of the host, for privileged containers. */
	readonly devices: () => readonly Device[];
	/** Network sysctls that exist here (`net.ipv4.ping_group_range`). */
	readonly hasSysctl: (name: string) => boolean;
	/** `/sys/devices/system/cpu/cpu<n>/thermal_throttle` folders that exist. */
	readonly thermalThrottlePaths: readonly string[];
}
