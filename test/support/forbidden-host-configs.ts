/** What no container of a scoped socket gets: what it is, the HostConfig, the rule that denies it. */
export function forbiddenHostConfigs({
	root,
	runRoot,
}: {
	readonly root: string;
	readonly runRoot: string;
}): typeof hostConfigs {
	return JSON.parse(JSON.stringify(hostConfigs).replaceAll("ROOT", root).replaceAll("RUN", runRoot));
}

/** `ROOT` stands for the test's folder, `RUN` for the engine's run root. */
const hostConfigs: [string, object, string][] = [
	["privileged", { Privileged: true }, "privileged"],
	["the host's root", { Binds: ["/:/host"] }, "binds"],
	["a folder beside an allowed one", { Binds: ["ROOT/shared-not:/h"] }, "binds"],
	["a way out of an allowed one", { Binds: ["ROOT/shared/../ci:/h"] }, "binds"],
	["the main socket", { Binds: ["RUN/hull.sock:/s"] }, "binds"],
	["a bind as a mount", { Mounts: [{ Type: "bind", Source: "/etc", Target: "/h" }] }, "binds"],
	["writing where only reading is allowed", { Binds: ["ROOT/read:/h"] }, "binds"],
	["the files of others as root's", { Binds: ["ROOT/shared:/h:idmap=uids=1000-0-1;gids=0-0-1"] }, "binds"],
	["somebody's users", { UsernsMode: "container:foreign" }, "scope"],
	["mounts of the host's peers", { Binds: ["ROOT/shared:/h:rshared"] }, "binds"],
	["a device as a volume", volume({ type: "ext4", device: "/dev/sda" }), "volumeOptions"],
	["a bind as a volume", volume({ type: "none", o: "bind", device: "/" }), "volumeOptions"],
	[
		"another volume driver",
		{
			Mounts: [
				{ Type: "volume", Source: "v", Target: "/v", VolumeOptions: { DriverConfig: { Name: "evil" } } },
			],
		},
		"volumeOptions",
	],
	["somebody's volume", { Binds: ["secrets:/s"] }, "scope"],
	["somebody's volumes", { VolumesFrom: ["foreign"] }, "scope"],
	[
		"an image of others as a mount",
		{ Mounts: [{ Type: "image", Source: "registry.example/private", Target: "/i" }] },
		"images",
	],
	["devices as a tmpfs", { Tmpfs: { "/t": "dev" } }, "tmpfs"],
	[
		"devices",
		{ Devices: [{ PathOnHost: "/dev/sda", PathInContainer: "/d", CgroupPermissions: "rwm" }] },
		"devices",
	],
	["rules of devices", { DeviceCgroupRules: ["a *:* rwm"] }, "devices"],
	["requests of devices", { DeviceRequests: [{ Driver: "cdi", DeviceIDs: ["x"] }] }, "devices"],
	["throttles of devices", { BlkioDeviceReadBps: [{ Path: "/dev/sda", Rate: 1 }] }, "devices"],
	["the host's PIDs", { PidMode: "host" }, "namespaces"],
	["the host's network", { NetworkMode: "host" }, "namespaces"],
	["the host's IPC", { IpcMode: "host" }, "namespaces"],
	["the host's name", { UTSMode: "host" }, "namespaces"],
	["the host's cgroups", { CgroupnsMode: "host" }, "namespaces"],
	["the host's users", { UsernsMode: "host" }, "namespaces"],
	["somebody's PIDs", { PidMode: "container:foreign" }, "scope"],
	["somebody's IPC", { IpcMode: "container:foreign" }, "scope"],
	["somebody's network", { NetworkMode: "container:foreign" }, "scope"],
	["a network of others", { NetworkMode: "backend" }, "networks"],
	["somebody's environment", { Links: ["foreign:f"] }, "scope"],
	["a capability", { CapAdd: ["SYS_ADMIN"] }, "capabilities"],
	["a capability in small letters", { CapAdd: ["cap_sys_admin"] }, "capabilities"],
	["all capabilities", { CapAdd: ["ALL"] }, "capabilities"],
	["no seccomp", { SecurityOpt: ["seccomp=unconfined"] }, "security"],
	["no AppArmor", { SecurityOpt: ["apparmor:unconfined"] }, "security"],
	["no masks", { SecurityOpt: ["systempaths=unconfined"] }, "security"],
	["no masked paths", { MaskedPaths: [] }, "security"],
	["no read-only paths", { ReadonlyPaths: [] }, "security"],
	["kernel parameters", { Sysctls: { "kernel.core_pattern": "|/evil" } }, "sysctls"],
	["a control group's parent", { CgroupParent: "/" }, "cgroup-parent"],
	["an OCI runtime", { Runtime: "/bin/sh" }, "runtime"],
	["orders to the runtime", { Annotations: { "run.oci.hooks.stdout": "/x" } }, "annotations"],
	[
		"a log elsewhere",
		{ LogConfig: { Type: "syslog", Config: { "syslog-address": "udp://127.0.0.1" } } },
		"logging",
	],
	[
		"a pattern for the engine",
		{ LogConfig: { Type: "json-file", Config: { "labels-regex": "(a+)+$" } } },
		"logging",
	],
	["real-time", { CpuRealtimeRuntime: 950_000 }, "realtime"],
	["a low port", { PortBindings: { "80/tcp": [{ HostPort: "80" }] } }, "ports"],
	["a range with a low port", { PortBindings: { "80/tcp": [{ HostPort: "1000-2000" }] } }, "ports"],
	["survival", { OomScoreAdj: -500 }, "oom"],
	["no OOM killer", { OomKillDisable: true }, "oom"],
	["a ulimit of the scheduler", { Ulimits: [{ Name: "rtprio", Soft: 99, Hard: 99 }] }, "ulimits"],
	["somebody's secret", { HullSecrets: [{ Name: "key" }] }, "scope"],
	["too much memory", { Memory: 2 ** 30 }, "limits.memory"],
	["endless swap", { MemorySwap: -1 }, "limits.memory"],
	["too many CPUs", { NanoCpus: 2e9 }, "limits.cpus"],
	["CPUs by quota", { CpuQuota: 800_000 }, "limits.cpus"],
	["endless processes", { PidsLimit: -1 }, "limits.pids"],
];

function volume(options: object) {
	return {
		Mounts: [
			{
				Type: "volume",
				Source: "v",
				Target: "/v",
				VolumeOptions: { DriverConfig: { Name: "local", Options: options } },
			},
		],
	};
}
