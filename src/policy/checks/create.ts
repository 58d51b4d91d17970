/** A create request by itself. What it names (images, networks, containers, volumes) is the guard's to look up. */
import {
	type ContainerConfig,
	type ContainerCreateRequest,
	egressAnnotation,
	type HostConfig,
	machineAnnotation,
	unhealthyAnnotation,
} from "../../api/index.ts";
import type { SocketPolicy } from "../contract.ts";
import { quoted } from "../denial.ts";
import { checkFields, type FieldChecks, free, never, unless } from "./fields.ts";
import { labelObjection } from "./labels.ts";
import { checkMounts, checkName } from "./mounts.ts";
import { portsObjection } from "./ports.ts";
import { resourceChecks } from "./resources.ts";

/** `forbidden` with the rule and the field. */
export function checkCreate(policy: SocketPolicy, request: ContainerCreateRequest, name = ""): void {
	const { HostConfig: hostConfig = {}, NetworkingConfig: _networking, ...config } = request;
	checkFields<ContainerConfig>(policy, config, configChecks);
	checkFields<HostConfig>(policy, hostConfig, hostConfigChecks);
	checkMounts(policy, {
		binds: hostConfig.Binds ?? [],
		mounts: hostConfig.Mounts ?? [],
		volumeDriver: hostConfig.VolumeDriver ?? "",
	});
	if (name !== "") checkName(policy, "container", name.replace(/^\//, ""));
}

const configChecks: FieldChecks<ContainerConfig> = {
	Hostname: free,
	Domainname: free,
	User: free,
	AttachStdin: free,
	AttachStdout: free,
	AttachStderr: free,
	ExposedPorts: free,
	Tty: free,
	OpenStdin: free,
	StdinOnce: free,
	Env: free,
	Cmd: free,
	Healthcheck: free,
	ArgsEscaped: free,
	Image: free,
	Volumes: free,
	WorkingDir: free,
	Entrypoint: free,
	NetworkDisabled: free,
	OnBuild: free,
	Labels: unless("labels", labelObjection),
	StopSignal: free,
	StopTimeout: free,
	Shell: free,
};

const hostConfigChecks: FieldChecks<HostConfig> = {
	...resourceChecks,
	Privileged: never("privileged", "privileged containers are not allowed"),
	CapAdd: unless("capabilities", capabilityObjection),
	CapDrop: free,
	SecurityOpt: unless("security", (options) => {
		const odd = options.find((option) => !/^no-new-privileges(?:[:=](?:true|false))?$/.test(option));
		return odd === undefined ? undefined : `${quoted(odd)} would weaken the container's walls`;
	}),
	MaskedPaths: unless("security", () => "paths of /proc stay masked"),
	ReadonlyPaths: unless("security", () => "paths of /proc stay read-only"),
	Sysctls: never("sysctls", "kernel parameters cannot be set"),
	Runtime: never("runtime", "the OCI runtime cannot be chosen"),
	ContainerIDFile: never("files", "no file of the host is written"),
	Annotations: unless("annotations", (annotations) => {
		const odd = Object.keys(annotations).find((name) => !ownAnnotations.includes(name));
		return odd === undefined ? undefined : `${quoted(odd)}: OCI runtimes take orders from annotations`;
	}),
	// Modes of their own, or those of a container that is the socket's own: the guard looks at which.
	PidMode: mode("PID", []),
	IpcMode: mode("IPC", ["none", "private", "shareable"]),
	UTSMode: mode("UTS", [], false),
	UsernsMode: mode("user", ["auto", "private"]),
	CgroupnsMode: mode("cgroup", ["private"], false),
	Cgroup: never("namespaces", "a control group cannot be joined"),
	NetworkMode: unless("namespaces", (value) =>
		value === "host" ? "the host's network namespace is not shared" : undefined,
	),
	LogConfig: unless("logging", logObjection),
	VolumeDriver: free,
	Binds: free,
	Mounts: free,
	VolumesFrom: free,
	Links: free,
	Tmpfs: unless("tmpfs", (places) => {
		const odd = Object.values(places)
			.flatMap((options) => options.split(","))
			.find((option) => !tmpfsOption.test(option));
		return odd === undefined ? undefined : `the option ${quoted(odd)} is not allowed`;
	}),
	PortBindings: unless("ports", portsObjection),
	PublishAllPorts: free,
	OomScoreAdj: unless("oom", (value) =>
		value < 0 ? "below zero it outlives what the host needs" : undefined,
	),
	StorageOpt: unless("storage", (options) =>
		Object.keys(options).every((name) => name === "size") ? undefined : "only size may be set",
	),
	RestartPolicy: free,
	AutoRemove: free,
	ConsoleSize: free,
	Dns: free,
	DnsOptions: free,
	DnsSearch: free,
	ExtraHosts: free,
	GroupAdd: free,
	ReadonlyRootfs: free,
	ShmSize: free,
	Isolation: free,
	HullSecrets: free,
	HullConfigs: free,
};

/** The engine's own, which no runtime sees an order in. */
const ownAnnotations: readonly string[] = [egressAnnotation, machineAnnotation, unhealthyAnnotation];

const tmpfsOption =
	/^(?:|rw|ro|exec|noexec|nosuid|nodev|noatime|nr_inodes=\d+|(?:size|mode|uid|gid)=[\w.%]+)$/;

function capabilityObjection(names: readonly string[], { rules: { capabilities } }: SocketPolicy) {
	const odd = names.find((name) => !capabilities.includes(name.toUpperCase().replace(/^CAP_/, "")));
	return odd === undefined ? undefined : `the capability ${quoted(odd)} is not allowed`;
}

function mode(what: string, allowed: readonly string[], canJoin = true) {
	return unless<string>("namespaces", (value) =>
		value === "" || allowed.includes(value) || (canJoin && value.startsWith("container:"))
			? undefined
			: `${quoted(value)}: the ${what} namespace is the container's own`,
	);
}

const logTypes = ["", "json-file", "local", "none"];
const logOptions = ["max-size", "max-file", "labels", "env", "compress", "mode"];

/** Not the options that are patterns or templates: the engine would work on them. */
function logObjection({ Type = "", Config = {} }: NonNullable<HostConfig["LogConfig"]>): string | undefined {
	if (!logTypes.includes(Type)) return `the log driver ${quoted(Type)} is not allowed`;
	const odd = Object.keys(Config).find((name) => !logOptions.includes(name));
	return odd === undefined ? undefined : `the log option ${quoted(odd)} is not allowed`;
}
