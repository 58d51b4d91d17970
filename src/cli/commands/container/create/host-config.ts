import type { ContainerCreateRequest } from "../../../../api/index.ts";
import { egressAnnotation, unhealthyAnnotation } from "../../../../api/syntax.ts";
import { egressPolicy } from "../../network/egress-flag.ts";
import { deviceMapping, isCdiDevice } from "./devices.ts";
import type { ClientFolder, CreateInput } from "./input.ts";
import { securityOptions } from "./security.ts";

type HostConfig = NonNullable<ContainerCreateRequest["HostConfig"]>;

/** The members of `HostConfig` that come straight from flags. */
export function hostConfigOf({ flags, given }: CreateInput, folder: ClientFolder): HostConfig {
	assertModes(flags);
	const security = securityOptions(flags["security-opt"], (path) => folder.readFile(path));
	return {
		...resourcesOf({ flags, given }),
		AutoRemove: flags.rm,
		ContainerIDFile: flags.cidfile,
		LogConfig: logConfig(flags),
		VolumeDriver: flags["volume-driver"],
		VolumesFrom: [...flags["volumes-from"]],
		Mounts: [...flags.mount],
		Annotations: annotationsOf(flags),
		CapAdd: capabilities(flags["cap-add"]),
		CapDrop: capabilities(flags["cap-drop"]),
		CgroupnsMode: flags.cgroupns,
		Dns: [...flags.dns],
		DnsOptions: [...flags["dns-option"]],
		DnsSearch: [...flags["dns-search"]],
		ExtraHosts: [...flags["add-host"]],
		GroupAdd: [...flags["group-add"]],
		IpcMode: flags.ipc,
		Links: [...flags.link],
		OomScoreAdj: flags["oom-score-adj"],
		PidMode: flags.pid,
		Privileged: flags.privileged,
		PublishAllPorts: flags["publish-all"],
		ReadonlyRootfs: flags["read-only"],
		...security,
		StorageOpt: storageOptions(flags["storage-opt"]),
		Tmpfs: tmpfs(flags.tmpfs),
		UTSMode: flags.uts,
		UsernsMode: flags.userns,
		ShmSize: flags["shm-size"],
		Sysctls: Object.fromEntries(flags.sysctl),
		Runtime: flags.runtime,
		...(flags.secret.length === 0 ? {} : { HullSecrets: [...flags.secret] }),
		...(flags.config.length === 0 ? {} : { HullConfigs: [...flags.config] }),
		Isolation: flags.isolation,
	};
}

type Values = CreateInput["flags"];

function annotationsOf(flags: Values): Record<string, string> {
	const policy = egressPolicy(flags.egress);
	const action = flags["health-on-failure"];
	return {
		...Object.fromEntries(flags.annotation),
		...(policy ? { [egressAnnotation]: policy } : {}),
		...(action === undefined ? {} : { [unhealthyAnnotation]: action }),
	};
}

function resourcesOf({ flags, given }: Pick<CreateInput, "flags" | "given">): HostConfig {
	const swappiness = flags["memory-swappiness"];
	if (swappiness !== undefined && (swappiness < -1 || swappiness > 100))
		throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
	return {
		CpuShares: flags["cpu-shares"],
		Memory: flags.memory,
		CgroupParent: flags["cgroup-parent"],
		BlkioWeight: flags["blkio-weight"],
		BlkioWeightDevice: [...flags["blkio-weight-device"]],
		BlkioDeviceReadBps: [...flags["device-read-bps"]],
		BlkioDeviceWriteBps: [...flags["device-write-bps"]],
		BlkioDeviceReadIOps: [...flags["device-read-iops"]],
		BlkioDeviceWriteIOps: [...flags["device-write-iops"]],
		CpuPeriod: flags["cpu-period"],
		CpuQuota: flags["cpu-quota"],
		CpuRealtimePeriod: flags["cpu-rt-period"],
		CpuRealtimeRuntime: flags["cpu-rt-runtime"],
		CpusetCpus: flags["cpuset-cpus"],
		CpusetMems: flags["cpuset-mems"],
		Devices: flags.device.filter((text) => !isCdiDevice(text)).map(deviceMapping),
		DeviceCgroupRules: [...flags["device-cgroup-rule"]],
		DeviceRequests: deviceRequests(flags),
		MemoryReservation: flags["memory-reservation"],
		MemorySwap: flags["memory-swap"],
		MemorySwappiness: swappiness,
		NanoCpus: flags.cpus,
		OomKillDisable: flags["oom-kill-disable"],
		// An explicit "no" overrides the engine's default, and null is not there to be filtered out.
		...(given.has("init") ? { Init: flags.init } : {}),
		PidsLimit: flags["pids-limit"],
		Ulimits: ulimits(flags),
		CpuCount: flags["cpu-count"],
		CpuPercent: flags["cpu-percent"],
		IOMaximumIOps: flags["io-maxiops"],
		IOMaximumBandwidth: flags["io-maxbandwidth"],
	};
}

/** What docker's client checks before it asks the engine. */
function assertModes(flags: Values): void {
	const { pid, uts, userns, cgroupns } = flags;
	if (pid !== undefined && pid !== "" && pid !== "host" && !/^container:./.test(pid))
		throw new Error("--pid: invalid PID mode");
	if (uts !== undefined && uts !== "" && uts !== "host") throw new Error("--uts: invalid UTS mode");
	if (userns !== undefined && !/^(|host|auto|private|container:.+)$/.test(userns))
		throw new Error("--userns: invalid USER mode");
	if (cgroupns !== undefined && !["", "host", "private"].includes(cgroupns))
		throw new Error("--cgroupns: invalid CGROUP mode");
	if (!flags["disable-content-trust"])
		throw new Error("--disable-content-trust=false: signatures of images are not supported");
}

function logConfig(flags: Values): HostConfig["LogConfig"] {
	const driver = flags["log-driver"];
	const options = Object.fromEntries(flags["log-opt"]);
	if (driver === "none" && flags["log-opt"].length > 0)
		throw new Error("invalid logging opts for driver none");
	if (driver === undefined && flags["log-opt"].length === 0) return undefined;
	return {
		...(driver === undefined ? {} : { Type: driver }),
		...(flags["log-opt"].length === 0 ? {} : { Config: options }),
	};
}

/** `net_admin` is `CAP_NET_ADMIN`; `ALL` makes the others superfluous. */
function capabilities(names: readonly string[]): string[] {
	const full = names.map((name) => {
		const upper = name.trim().toUpperCase();
		return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
	});
	return full.includes("ALL") ? ["ALL"] : [...new Set(full)].sort();
}

function deviceRequests(flags: Values): NonNullable<HostConfig["DeviceRequests"]> {
	const cdi = flags.device.filter(isCdiDevice);
	return [
		...(flags.gpus === undefined ? [] : [flags.gpus]),
		...(cdi.length === 0 ? [] : [{ Driver: "cdi", DeviceIDs: cdi }]),
	];
}

/** The last limit of each kind counts. */
function ulimits(flags: Values): NonNullable<HostConfig["Ulimits"]> {
	const byName = new Map(flags.ulimit.map((limit) => [limit.Name, limit]));
	return [...byName.values()].sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

function storageOptions(texts: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		texts.map((text) => {
			const equals = text.indexOf("=");
			if (equals < 0) throw new Error("invalid storage option");
			return [text.slice(0, equals), text.slice(equals + 1)];
		}),
	);
}

function tmpfs(texts: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		texts.map((text) => {
			const colon = text.indexOf(":");
			return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
		}),
	);
}
