import { type Static, Type } from "typebox";
import { ContainerConfig } from "./container-config.ts";
import { EndpointSettings } from "./endpoint.ts";
import { HostConfig, PortMap } from "./host-config.ts";

export const HealthcheckResult = Type.Object({
	Start: Type.Optional(Type.String()),
	End: Type.Optional(Type.String()),
	ExitCode: Type.Optional(Type.Integer()),
	Output: Type.Optional(Type.String()),
});
export type HealthcheckResult = Static<typeof HealthcheckResult>;

export const Health = Type.Object({
	Status: Type.Optional(Type.String()),
	FailingStreak: Type.Optional(Type.Integer()),
	Log: Type.Optional(Type.Array(HealthcheckResult)),
});
export type Health = Static<typeof Health>;

export const ContainerState = Type.Object({
	Status: Type.Optional(Type.String()),
	Running: Type.Optional(Type.Boolean()),
	Paused: Type.Optional(Type.Boolean()),
	Restarting: Type.Optional(Type.Boolean()),
	OOMKilled: Type.Optional(Type.Boolean()),
	Dead: Type.Optional(Type.Boolean()),
	Pid: Type.Optional(Type.Integer()),
	ExitCode: Type.Optional(Type.Integer()),
	Error: Type.Optional(Type.String()),
	StartedAt: Type.Optional(Type.String()),
	FinishedAt: Type.Optional(Type.String()),
	Health: Type.Optional(Health),
});
export type ContainerState = Static<typeof ContainerState>;

export const DriverData = Type.Object({
	Name: Type.Optional(Type.String()),
	Data: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type DriverData = Static<typeof DriverData>;

export const MountPoint = Type.Object({
	Type: Type.Optional(Type.String()),
	Name: Type.Optional(Type.String()),
	Source: Type.Optional(Type.String()),
	Destination: Type.Optional(Type.String()),
	Driver: Type.Optional(Type.String()),
	Mode: Type.Optional(Type.String()),
	RW: Type.Optional(Type.Boolean()),
	Propagation: Type.Optional(Type.String()),
});
export type MountPoint = Static<typeof MountPoint>;

export const NetworkSettings = Type.Object({
	SandboxID: Type.Optional(Type.String()),
	SandboxKey: Type.Optional(Type.String()),
	Ports: Type.Optional(PortMap),
	Networks: Type.Optional(Type.Record(Type.String(), EndpointSettings)),
});
export type NetworkSettings = Static<typeof NetworkSettings>;

export const OCIPlatform = Type.Object({
	architecture: Type.Optional(Type.String()),
	os: Type.Optional(Type.String()),
	"os.version": Type.Optional(Type.String()),
	"os.features": Type.Optional(Type.Array(Type.String())),
	variant: Type.Optional(Type.String()),
});
export type OCIPlatform = Static<typeof OCIPlatform>;

export const OCIDescriptor = Type.Object({
	mediaType: Type.Optional(Type.String()),
	digest: Type.Optional(Type.String()),
	size: Type.Optional(Type.Integer()),
	urls: Type.Optional(Type.Array(Type.String())),
	annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
	data: Type.Optional(Type.String()),
	platform: Type.Optional(OCIPlatform),
	artifactType: Type.Optional(Type.String()),
});
export type OCIDescriptor = Static<typeof OCIDescriptor>;

export const ContainerInspectResponse = Type.Object({
	Id: Type.Optional(Type.String()),
	Created: Type.Optional(Type.String()),
	Path: Type.Optional(Type.String()),
	Args: Type.Optional(Type.Array(Type.String())),
	State: Type.Optional(ContainerState),
	Image: Type.Optional(Type.String()),
	ResolvConfPath: Type.Optional(Type.String()),
	HostnamePath: Type.Optional(Type.String()),
	HostsPath: Type.Optional(Type.String()),
	LogPath: Type.Optional(Type.String()),
	Name: Type.Optional(Type.String()),
	RestartCount: Type.Optional(Type.Integer()),
	Driver: Type.Optional(Type.String()),
	Platform: Type.Optional(Type.String()),
	ImageManifestDescriptor: Type.Optional(OCIDescriptor),
	MountLabel: Type.Optional(Type.String()),
	ProcessLabel: Type.Optional(Type.String()),
	AppArmorProfile: Type.Optional(Type.String()),
	ExecIDs: Type.Optional(Type.Array(Type.String())),
	HostConfig: Type.Optional(HostConfig),
	GraphDriver: Type.Optional(DriverData),
	Storage: Type.Optional(Type.Unknown()),
	SizeRw: Type.Optional(Type.Integer()),
	SizeRootFs: Type.Optional(Type.Integer()),
	Mounts: Type.Optional(Type.Array(MountPoint)),
	Config: Type.Optional(ContainerConfig),
	NetworkSettings: Type.Optional(NetworkSettings),
});
export type ContainerInspectResponse = Static<typeof ContainerInspectResponse>;

export const PortSummary = Type.Object({
	IP: Type.Optional(Type.String()),
	PrivatePort: Type.Optional(Type.Integer()),
	PublicPort: Type.Optional(Type.Integer()),
	Type: Type.Optional(Type.String()),
});
export type PortSummary = Static<typeof PortSummary>;

export const ContainerSummary = Type.Object({
	Id: Type.Optional(Type.String()),
	Names: Type.Optional(Type.Array(Type.String())),
	Image: Type.Optional(Type.String()),
	ImageID: Type.Optional(Type.String()),
	ImageManifestDescriptor: Type.Optional(OCIDescriptor),
	Command: Type.Optional(Type.String()),
	Created: Type.Optional(Type.Integer()),
	Ports: Type.Optional(Type.Array(PortSummary)),
	SizeRw: Type.Optional(Type.Integer()),
	SizeRootFs: Type.Optional(Type.Integer()),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
	State: Type.Optional(Type.String()),
	Status: Type.Optional(Type.String()),
	HostConfig: Type.Optional(
		Type.Object({
			NetworkMode: Type.Optional(Type.String()),
			Annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
		}),
	),
	NetworkSettings: Type.Optional(
		Type.Object({
			Networks: Type.Optional(Type.Record(Type.String(), EndpointSettings)),
		}),
	),
	Mounts: Type.Optional(Type.Array(MountPoint)),
	Health: Type.Optional(
		Type.Object({
			Status: Type.Optional(Type.String()),
			FailingStreak: Type.Optional(Type.Integer()),
		}),
	),
});
export type ContainerSummary = Static<typeof ContainerSummary>;

export const ContainerTopResponse = Type.Object({
	Titles: Type.Optional(Type.Array(Type.String())),
	Processes: Type.Optional(Type.Array(Type.Array(Type.String()))),
});
export type ContainerTopResponse = Static<typeof ContainerTopResponse>;

export const FilesystemChange = Type.Object({
	Path: Type.Optional(Type.String()),
	Kind: Type.Optional(Type.Unknown()),
});
export type FilesystemChange = Static<typeof FilesystemChange>;

export const ContainerWaitExitError = Type.Object({
	Message: Type.Optional(Type.String()),
});
export type ContainerWaitExitError = Static<typeof ContainerWaitExitError>;

export const ContainerWaitResponse = Type.Object({
	StatusCode: Type.Optional(Type.Integer()),
	Error: Type.Optional(ContainerWaitExitError),
});
export type ContainerWaitResponse = Static<typeof ContainerWaitResponse>;

export const ContainerPruneResponse = Type.Object({
	ContainersDeleted: Type.Optional(Type.Array(Type.String())),
	SpaceReclaimed: Type.Optional(Type.Integer()),
});
export type ContainerPruneResponse = Static<typeof ContainerPruneResponse>;
