/** OCI runtime spec 1.0.2, config.json: the parts a Linux container uses. https://github.com/opencontainers/runtime-spec */
export interface RuntimeSpec {
	ociVersion: string;
	process: Process;
	root: { path: string; readonly?: boolean };
	hostname?: string;
	domainname?: string;
	mounts: Mount[];
	annotations?: Record<string, string>;
	linux: Linux;
	hooks?: Partial<Record<HookName, Hook[]>>;
}

export const hookNames = [
	"prestart",
	"createRuntime",
	"createContainer",
	"startContainer",
	"poststart",
	"poststop",
] as const;
export type HookName = (typeof hookNames)[number];

/** A program that the runtime runs at a point of a container's life. */
export interface Hook {
	path: string;
	args?: string[];
	env?: string[];
	/** Seconds. */
	timeout?: number;
}

export interface Process {
	terminal?: boolean;
	consoleSize?: { height: number; width: number };
	user: { uid: number; gid: number; umask?: number; additionalGids?: number[] };
	args: string[];
	env: string[];
	cwd: string;
	capabilities?: Partial<
		Record<"bounding" | "effective" | "inheritable" | "permitted" | "ambient", string[]>
	>;
	rlimits?: { type: string; soft: Uint64; hard: Uint64 }[];
	noNewPrivileges?: boolean;
	apparmorProfile?: string;
	selinuxLabel?: string;
	oomScoreAdj?: number;
}

/** A number, or (from `JSON.rawJSON`) one beyond the integers that JavaScript's numbers hold, such as RLIM_INFINITY. */
export type Uint64 = number | { readonly rawJSON: string };

export interface Mount {
	destination: string;
	type?: string;
	source?: string;
	options?: string[];
}

export interface Linux {
	namespaces: {
		type: "pid" | "network" | "mount" | "ipc" | "uts" | "user" | "cgroup" | "time";
		path?: string;
	}[];
	uidMappings?: IdMapping[];
	gidMappings?: IdMapping[];
	devices?: Device[];
	cgroupsPath?: string;
	resources?: Resources;
	rootfsPropagation?: string;
	seccomp?: Seccomp;
	sysctl?: Record<string, string>;
	maskedPaths?: string[];
	readonlyPaths?: string[];
	mountLabel?: string;
}

export interface IdMapping {
	containerID: number;
	hostID: number;
	size: number;
}

export interface Device {
	type: "c" | "b" | "u" | "p";
	path: string;
	major: number;
	minor: number;
	fileMode?: number;
	uid?: number;
	gid?: number;
}

export interface DeviceRule {
	allow: boolean;
	type?: "a" | "c" | "b";
	major?: number;
	minor?: number;
	access?: string;
}

export interface Resources {
	devices?: DeviceRule[];
	memory?: {
		limit?: number;
		reservation?: number;
		swap?: number;
		kernel?: number;
		swappiness?: number;
		disableOOMKiller?: boolean;
	};
	cpu?: {
		shares?: number;
		quota?: number;
		period?: number;
		realtimeRuntime?: number;
		realtimePeriod?: number;
		cpus?: string;
		mems?: string;
	};
	pids?: { limit: number };
	blockIO?: {
		weight?: number;
		weightDevice?: { major: number; minor: number; weight: number }[];
		throttleReadBpsDevice?: ThrottleDevice[];
		throttleWriteBpsDevice?: ThrottleDevice[];
		throttleReadIOPSDevice?: ThrottleDevice[];
		throttleWriteIOPSDevice?: ThrottleDevice[];
	};
	hugepageLimits?: { pageSize: string; limit: number }[];
	unified?: Record<string, string>;
}

export interface ThrottleDevice {
	major: number;
	minor: number;
	rate: number;
}

export interface Seccomp {
	defaultAction: string;
	defaultErrnoRet?: number;
	architectures?: string[];
	syscalls?: {
		names: string[];
		action: string;
		errnoRet?: number;
		args?: { index: number; value: number; valueTwo?: number; op: string }[];
	}[];
}
