/**
 * Every operation of the API in one group, by which policies allow them. An operation that is in none is denied on
 * every scoped socket; a test holds this list equal to the API's.
 */
interface Group {
	/** Whether it can be limited to what is a socket's own; if not, only sockets of scope `all` can have it. */
	readonly scopes: "any" | "all";
	readonly operations: readonly string[];
}

export const operationGroups = {
	engine: {
		scopes: "any",
		operations: [
			...["SystemPing", "SystemPingHead", "SystemVersion", "SystemInfo"],
			...["SystemEvents", "SystemDataUsage", "PluginList"],
		],
	},
	host: { scopes: "any", operations: ["HullHost"] },
	login: { scopes: "any", operations: ["SystemAuth"] },
	"containers-read": {
		scopes: "any",
		operations: [
			...["ContainerList", "ContainerInspect", "ContainerLogs", "ContainerTop", "ContainerStats"],
			...["ContainerChanges", "ContainerWait", "ExecInspect"],
			...["HullContainerFootprint", "HullContainerMountList"],
		],
	},
	"containers-create": { scopes: "any", operations: ["ContainerCreate"] },
	"containers-run": {
		scopes: "any",
		operations: [
			...["ContainerStart", "ContainerStop", "ContainerRestart"],
			...["ContainerKill", "ContainerPause", "ContainerUnpause"],
		],
	},
	"containers-change": {
		scopes: "any",
		operations: [
			"ContainerRename",
			"ContainerUpdate",
			"ContainerDelete",
			"ContainerPrune",
			"HullContainerChange",
		],
	},
	"containers-inside": {
		scopes: "any",
		operations: [
			...["ContainerAttach", "ContainerAttachWebsocket", "ContainerResize"],
			...["ContainerExec", "ExecStart", "ExecResize"],
		],
	},
	"containers-files": {
		scopes: "any",
		operations: ["ContainerArchive", "ContainerArchiveInfo", "PutContainerArchive", "ContainerExport"],
	},
	"containers-mounts": { scopes: "any", operations: ["HullContainerMountAdd", "HullContainerMountDelete"] },
	"containers-commit": { scopes: "any", operations: ["ImageCommit"] },
	"images-read": {
		scopes: "any",
		operations: [
			...["ImageList", "ImageInspect", "ImageHistory", "ImageAttestations"],
			...["HullImageSbom", "DistributionInspect"],
		],
	},
	"images-pull": { scopes: "any", operations: ["ImageCreate"] },
	"images-push": { scopes: "any", operations: ["ImagePush"] },
	"images-change": { scopes: "any", operations: ["ImageTag", "ImageDelete", "ImageLoad"] },
	"images-content": { scopes: "any", operations: ["ImageGet", "ImageGetAll"] },
	"images-compare": { scopes: "all", operations: ["HullImageLayers", "HullImageDiff"] },
	"images-upkeep": { scopes: "all", operations: ["ImagePrune", "HullImageCollect", "HullPrunePlan"] },
	"images-search": { scopes: "all", operations: ["ImageSearch"] },
	"images-trust": { scopes: "all", operations: ["HullImageSign", "HullImageVerify"] },
	builds: {
		scopes: "any",
		operations: [
			...["ImageBuild", "BuildCancel", "HullBuild", "HullBuildList"],
			...["HullBuildInspect", "HullBuildEvents", "Session", "Grpc"],
		],
	},
	"builds-upkeep": {
		scopes: "all",
		operations: [
			...["BuildPrune", "HullBuildMountList", "HullBuildMountExport"],
			...["HullBuildMountImport", "HullBuildMountDelete"],
		],
	},
	"networks-read": { scopes: "any", operations: ["NetworkList", "NetworkInspect"] },
	"networks-change": {
		scopes: "any",
		operations: ["NetworkCreate", "NetworkDelete", "NetworkConnect", "NetworkDisconnect", "NetworkPrune"],
	},
	egress: { scopes: "all", operations: ["HullContainerEgress", "HullNetworkEgress"] },
	"volumes-read": { scopes: "any", operations: ["VolumeList", "VolumeInspect"] },
	"volumes-change": {
		scopes: "any",
		operations: ["VolumeCreate", "VolumeDelete", "VolumePrune", "VolumeUpdate"],
	},
	"volumes-copies": {
		scopes: "all",
		operations: [
			...["HullVolumeSnapshotCreate", "HullVolumeSnapshotsOf", "HullVolumeSnapshotList"],
			...["HullVolumeSnapshotDelete", "HullVolumeSnapshotPrune", "HullVolumeRestore"],
			...["HullVolumeClone", "HullVolumeRename", "HullVolumeExport", "HullVolumeImport"],
		],
	},
	"secrets-read": {
		scopes: "any",
		operations: ["HullSecretList", "HullSecretInspect", "HullConfigList"],
	},
	"configs-content": { scopes: "any", operations: ["HullConfigInspect"] },
	"secrets-change": {
		scopes: "any",
		operations: [
			...["HullSecretCreate", "HullSecretUpdate", "HullSecretDelete"],
			...["HullConfigCreate", "HullConfigUpdate", "HullConfigDelete"],
		],
	},
	machines: {
		scopes: "all",
		operations: [
			...["HullContainerFork", "HullSnapshotCreate", "HullSnapshotList"],
			...["HullSnapshotRestore", "HullSnapshotDelete"],
		],
	},
	registry: { scopes: "all", operations: ["HullRegistryServe", "HullRegistryList", "HullRegistryStop"] },
	policies: { scopes: "all", operations: ["HullSocketList", "HullSocketExplain"] },
	plugins: {
		scopes: "all",
		operations: [
			...["GetPluginPrivileges", "PluginPull", "PluginInspect", "PluginDelete", "PluginEnable"],
			...["PluginDisable", "PluginUpgrade", "PluginCreate", "PluginPush", "PluginSet"],
		],
	},
	swarm: {
		scopes: "all",
		operations: [
			...["SwarmInspect", "SwarmInit", "SwarmJoin", "SwarmLeave", "SwarmUpdate", "SwarmUnlockkey"],
			...["SwarmUnlock", "NodeList", "NodeInspect", "NodeDelete", "NodeUpdate"],
			...["ServiceList", "ServiceCreate", "ServiceInspect", "ServiceDelete", "ServiceUpdate", "ServiceLogs"],
			...["TaskList", "TaskInspect", "TaskLogs"],
			...["SecretList", "SecretCreate", "SecretInspect", "SecretDelete", "SecretUpdate"],
			...["ConfigList", "ConfigCreate", "ConfigInspect", "ConfigDelete", "ConfigUpdate"],
		],
	},
} as const satisfies Readonly<Record<string, Group>>;

export type GroupName = keyof typeof operationGroups;

const groupOfOperation = new Map<string, GroupName>(
	Object.entries(operationGroups).flatMap(([name, { operations }]) =>
		operations.map((id): [string, GroupName] => [id, name as GroupName]),
	),
);

/** `undefined`: there is no such operation. */
export function groupOf(operation: string): GroupName | undefined {
	return groupOfOperation.get(operation);
}

/** The operations that a group (`@builds`) or an operation's own name stands for; `undefined`: it is neither. */
export function operationsNamed(text: string): readonly string[] | undefined {
	if (!text.startsWith("@")) return groupOfOperation.has(text) ? [text] : undefined;
	const name = text.slice(1);
	return Object.hasOwn(operationGroups, name) ? operationGroups[name as GroupName].operations : undefined;
}

/** Whether the operation can be limited to what is a socket's own. */
export function canBeScoped(operation: string): boolean {
	const group = groupOf(operation);
	return group !== undefined && operationGroups[group].scopes === "any";
}
