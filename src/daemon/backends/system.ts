import { readFileSync } from "node:fs";
import { arch, cpus, hostname, version as kernelBuild, release } from "node:os";
import type { SystemInfo, SystemVersion } from "../../api/index.ts";
import type { Host } from "../../containers/index.ts";
import { type EngineEvent, type Events, eventFilter } from "../../events/index.ts";
import { logDrivers } from "../../logging/index.ts";
import type { RegistrySettings } from "../../registry/index.ts";
import { type PoolState, readCdiDevices, type VmDriver } from "../../runtime/index.ts";
import { newestApiVersion, oldestApiVersion, type SystemBackend } from "../../server/index.ts";
import { diskUsage, type UsageRooms } from "../disk/usage.ts";
import { engineVersion } from "../version.ts";
import { hostFacts } from "./host-facts.ts";
import { registryFacts } from "./registry-facts.ts";

export interface SystemRooms extends UsageRooms {
	readonly id: string;
	readonly defaultRuntime: string;
	readonly logDriver: string;
	readonly cdiSpecDirs: readonly string[];
	readonly runtimes: Readonly<Record<string, string>>;
	readonly machines: Pick<VmDriver, "facts" | "pool">;
	readonly host: Host;
	readonly events: Events;
	readonly registrySettings: () => RegistrySettings;
}

/** What the engine says about itself. */
export function systemBackend(rooms: SystemRooms): SystemBackend {
	return {
		info: async () => {
			const { warnings, ...registries } = registryFacts(rooms.registrySettings);
			const { Warnings = [], ...machines } = await machineInfo(rooms);
			const { problems, ...devices } = deviceInfo(rooms.cdiSpecDirs);
			return {
				...{ ...info(rooms), ...registries, ...machines, ...devices },
				Warnings: [...warnings, ...(Warnings ?? []), ...problems],
			};
		},
		hostFacts: async () => hostFacts(),
		version: async () => version(),
		diskUsage: (kinds) => diskUsage(rooms, kinds),
		async events({ since, until, filters }, signal) {
			const matches = eventFilter(Object.fromEntries(filters));
			const events = rooms.events.subscribe({
				...(since === undefined ? {} : { sinceNano: since }),
				...(until === undefined ? {} : { untilNano: until }),
				signal,
			});
			return filtered(events, matches);
		},
	};
}

async function* filtered(
	events: AsyncIterable<EngineEvent>,
	matches: (event: EngineEvent) => boolean,
): AsyncGenerator<EngineEvent> {
	for await (const event of events) if (matches(event)) yield event;
}

function info(rooms: SystemRooms): SystemInfo {
	const { host, containers } = rooms;
	const { total, running, paused, stopped } = containers.counts();
	const { resources } = host;
	return {
		ID: rooms.id,
		Containers: total,
		ContainersRunning: running,
		ContainersPaused: paused,
		ContainersStopped: stopped,
		Images: rooms.images.list().length,
		Driver: rooms.snapshots.name,
		DriverStatus: [],
		Plugins: { Volume: ["local"], Network: ["bridge", "host", "null"], Log: [...logDrivers] },
		MemoryLimit: resources.canLimitMemory,
		SwapLimit: resources.canLimitSwap,
		CpuCfsPeriod: resources.canSetCpuQuota,
		CpuCfsQuota: resources.canSetCpuQuota,
		CPUShares: resources.canSetCpuShares,
		CPUSet: resources.canSetCpuset,
		PidsLimit: resources.canLimitPids,
		IPv4Forwarding: readText("/proc/sys/net/ipv4/ip_forward") === "1",
		Debug: false,
		OomKillDisable: resources.canDisableOomKiller,
		SystemTime: new Date().toISOString(),
		LoggingDriver: rooms.logDriver,
		CgroupDriver: "cgroupfs",
		CgroupVersion: String(host.spec.cgroupVersion),
		KernelVersion: release(),
		OperatingSystem: operatingSystem(),
		OSVersion: osRelease("VERSION_ID"),
		OSType: "linux",
		Architecture: machine(),
		IndexServerAddress: "https://index.docker.io/v1/",
		NCPU: cpus().length,
		MemTotal: host.memoryBytes,
		DockerRootDir: rooms.dataRoot,
		Name: hostname(),
		Labels: [],
		ExperimentalBuild: false,
		ServerVersion: engineVersion,
		Runtimes: Object.fromEntries(Object.entries(rooms.runtimes).map(([name, path]) => [name, { path }])),
		DefaultRuntime: rooms.defaultRuntime,
		Swarm: { NodeID: "", NodeAddr: "", LocalNodeState: "inactive", ControlAvailable: false, Error: "" },
		LiveRestoreEnabled: true,
		Isolation: "process",
		InitBinary: host.initPath ?? "",
		SecurityOptions: ["name=seccomp,profile=builtin"],
	};
}

/** Devices that a container can ask for by name; files that are left out are warnings. */
function deviceInfo(specDirs: readonly string[]) {
	const { devices, problems } = readCdiDevices(specDirs);
	return {
		CDISpecDirs: [...specDirs],
		DiscoveredDevices: [...devices.keys()].map((ID) => ({ Source: "cdi", ID })),
		problems: problems.map((problem) => `CDI: ${problem}`),
	};
}

/** Which hulls there are; what is missing for one is a warning. */
async function machineInfo({ machines }: SystemRooms): Promise<Pick<SystemInfo, "Hull" | "Warnings">> {
	try {
		const { accelerator, qemuVersion, kernelVersion } = await machines.facts();
		return {
			Hull: {
				Isolations: ["process", "vm"],
				VM: {
					...{ Accelerator: accelerator, QemuVersion: qemuVersion, KernelVersion: kernelVersion },
					...poolInfo(machines.pool()),
				},
			},
			Warnings:
				accelerator === "kvm" ? [] : ["isolation vm: no usable /dev/kvm, machines run by translation (TCG)"],
		};
	} catch (error) {
		return { Hull: { Isolations: ["process"] }, Warnings: [(error as Error).message] };
	}
}

function poolInfo({
	perSize,
	spares,
}: PoolState): Pick<NonNullable<NonNullable<SystemInfo["Hull"]>["VM"]>, "Pool"> {
	if (perSize === 0) return {};
	const Machines = spares.map(({ size: { memoryBytes, cpus }, pssBytes }) => ({
		MemoryBytes: memoryBytes,
		Cpus: cpus,
		PssBytes: pssBytes,
	}));
	return { Pool: { PerSize: perSize, Machines } };
}

function version(): SystemVersion {
	const common = {
		ApiVersion: newestApiVersion,
		MinAPIVersion: oldestApiVersion,
		Arch: goArchitecture(),
		Os: "linux",
		KernelVersion: release(),
	};
	return {
		Platform: { Name: "Hull" },
		Version: engineVersion,
		...common,
		GitCommit: "",
		GoVersion: "",
		BuildTime: "",
		Experimental: false,
		Components: [
			{
				Name: "Engine",
				Version: engineVersion,
				Details: { ...common, Kernel: kernelBuild(), Experimental: "false" },
			},
		],
	};
}

function operatingSystem(): string {
	return osRelease("PRETTY_NAME") || "Linux";
}

/** https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
function osRelease(key: string): string {
	const match = new RegExp(`^${key}=(.*)$`, "m").exec(readText("/etc/os-release"));
	return (match?.[1] ?? "").replace(/^"|"$/g, "");
}

function readText(path: string): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return "";
	}
}

/** As `uname -m` says it. */
function machine(): string {
	const names: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };
	return names[arch()] ?? arch();
}

/** As Go says it. */
function goArchitecture(): string {
	return arch() === "x64" ? "amd64" : arch();
}
