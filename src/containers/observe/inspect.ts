import type { ContainerInspectResponse, ContainerState as DockerState, HostConfig } from "../../api/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { networkFiles } from "../files/network-files.ts";
import { isolationOf } from "../isolation.ts";
import { commandOf } from "../lifecycle/merge-config.ts";
import { taskLocation } from "../locations.ts";
import { logPath, logPlanOf } from "../logs/plan.ts";
import { endpointSettings } from "../networking/endpoint-settings.ts";
import { linksOf } from "../networking/plan-links.ts";
import { portMap } from "../ports/show-ports.ts";
import type { ContainerRecord } from "../record/record.ts";
import { countsAsRunning, exitCodeOf, exitOf } from "../record/state.ts";
import { zeroTime } from "../timestamp.ts";
import { containerSizes } from "./container-sizes.ts";
import { mountPoints } from "./mount-points.ts";

/** A container in Docker's words. `size` adds what it takes on disk, which has to be counted. */
export async function inspectContainer(
	context: Context,
	reference: string,
	options: { readonly size: boolean },
): Promise<ContainerInspectResponse> {
	const container = context.registry.get(reference);
	const { record } = container;
	const { config } = record;
	const { path, args } = commandOf(config);
	const { stateDir } = taskLocation(context, record.id);
	const files = networkFiles(context, record);
	const hasRun = record.state.status !== "created";
	const isLogged = hasRun && logPlanOf(record).inspectable;
	return {
		Id: record.id,
		Created: record.createdAt,
		Path: path,
		Args: args,
		State: dockerState(container),
		Image: record.image.id,
		ResolvConfPath: hasRun ? files.resolvConf : "",
		HostnamePath: hasRun ? files.hostname : "",
		HostsPath: hasRun ? files.hosts : "",
		LogPath: isLogged ? (logPath(record, stateDir) ?? "") : "",
		Name: `/${record.name}`,
		RestartCount: record.restartCount,
		Driver: context.snapshots.name,
		Platform: "linux",
		MountLabel: "",
		ProcessLabel: "",
		AppArmorProfile: "",
		...unsetExecIds,
		...execIds(container),
		HostConfig: dockerHostConfig(context, record),
		GraphDriver: { Name: context.snapshots.name, Data: graphData(context, record.id) },
		...(options.size ? await containerSizes(context, record) : {}),
		Mounts: mountPoints(context, record),
		Config: { ...unsetConfig, ...configDefaults, ...config, Image: record.image.reference },
		NetworkSettings: {
			SandboxID: "",
			SandboxKey: sandboxKey(container),
			Ports: portMap(container),
			Networks: endpointSettings(context, record),
		},
	};
}

/** Docker's booleans and times. */
export function dockerState(container: Container): DockerState {
	const { state } = container.record;
	const exit = exitOf(state);
	const alive = state.status === "running" || state.status === "paused" ? state : undefined;
	const health = container.health?.health();
	return {
		Status: state.status,
		Running: countsAsRunning(state),
		Paused: state.status === "paused",
		Restarting: state.status === "restarting",
		OOMKilled: exit?.oomKilled ?? false,
		Dead: state.status === "dead",
		Pid: alive?.pid ?? 0,
		ExitCode: exitCodeOf(state),
		Error: errorOf(container),
		StartedAt: alive?.startedAt ?? exit?.startedAt ?? zeroTime,
		FinishedAt: exit?.finishedAt ?? zeroTime,
		...(health === undefined ? {} : { Health: health }),
	};
}

function errorOf({ record: { state } }: Container): string {
	if (state.status === "created") return state.failure?.error ?? "";
	if (state.status === "dead") return state.error;
	return exitOf(state)?.error ?? "";
}

function execIds(container: Container): Pick<ContainerInspectResponse, "ExecIDs"> {
	const running = [...container.execs.values()].filter(({ record }) => record.state.status === "running");
	return running.length === 0 ? {} : { ExecIDs: running.map(({ record }) => record.id) };
}

function graphData(context: Context, id: string): Record<string, string> {
	const changes = context.snapshots.changesDirectory(id);
	return changes === undefined ? {} : { UpperDir: changes };
}

function sandboxKey({ run, record }: Container): string {
	const pid = run?.task.pid;
	// A machine's network is inside of it.
	if (pid === undefined || isolationOf(record) === "vm" || record.hostConfig.NetworkMode === "host")
		return "";
	return `/proc/${pid}/ns/net`;
}

const configDefaults = {
	Hostname: "",
	Domainname: "",
	User: "",
	AttachStdin: false,
	AttachStdout: false,
	AttachStderr: false,
	Tty: false,
	OpenStdin: false,
	StdinOnce: false,
	Env: [],
	WorkingDir: "",
	Labels: {},
};

/**
 * What was not asked for is `null` in dockerd's answers, and scripts index by these names. No type says so: in the
 * schemas, as in requests, what is not there is left out.
 */
function unset(...names: readonly string[]): object {
	return Object.fromEntries(names.map((name) => [name, null]));
}

const unsetExecIds = unset("ExecIDs");
const unsetConfig = unset("Cmd", "Entrypoint", "OnBuild", "Volumes");
const unsetHostConfig = unset(
	"Binds",
	"VolumesFrom",
	"CapAdd",
	"CapDrop",
	"ExtraHosts",
	"GroupAdd",
	"Links",
	"SecurityOpt",
	"BlkioWeightDevice",
	"BlkioDeviceReadBps",
	"BlkioDeviceWriteBps",
	"BlkioDeviceReadIOps",
	"BlkioDeviceWriteIOps",
	"DeviceCgroupRules",
	"DeviceRequests",
	"MemorySwappiness",
	"PidsLimit",
);

/** Every client expects these to be there. */
function dockerHostConfig(context: Context, { hostConfig, name }: ContainerRecord): HostConfig {
	const links = linksOf(hostConfig).map(
		({ alias, containerId }) =>
			`/${context.registry.byId(containerId)?.record.name ?? containerId}:/${name}/${alias}`,
	);
	const { Links: _links, ...others } = hostConfig;
	return {
		...unsetHostConfig,
		...hostConfigDefaults,
		...others,
		...(links.length === 0 ? {} : { Links: links }),
	};
}

const hostConfigDefaults: HostConfig = {
	ContainerIDFile: "",
	LogConfig: { Type: "json-file", Config: {} },
	PortBindings: {},
	AutoRemove: false,
	VolumeDriver: "",
	Dns: [],
	DnsOptions: [],
	DnsSearch: [],
	Cgroup: "",
	OomScoreAdj: 0,
	PidMode: "",
	Privileged: false,
	PublishAllPorts: false,
	ReadonlyRootfs: false,
	UTSMode: "",
	UsernsMode: "",
	ConsoleSize: [0, 0],
	Isolation: "",
	CpuShares: 0,
	Memory: 0,
	NanoCpus: 0,
	CgroupParent: "",
	BlkioWeight: 0,
	CpuPeriod: 0,
	CpuQuota: 0,
	CpuRealtimePeriod: 0,
	CpuRealtimeRuntime: 0,
	CpusetCpus: "",
	CpusetMems: "",
	Devices: [],
	MemoryReservation: 0,
	MemorySwap: 0,
	OomKillDisable: false,
	Ulimits: [],
	CpuCount: 0,
	CpuPercent: 0,
	IOMaximumIOps: 0,
	IOMaximumBandwidth: 0,
};
