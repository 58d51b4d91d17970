import { type Static, Type } from "typebox";
import { HullAttachment } from "./secrets.ts";

export const ThrottleDevice = Type.Object({
	Path: Type.Optional(Type.String()),
	Rate: Type.Optional(Type.Integer()),
});
export type ThrottleDevice = Static<typeof ThrottleDevice>;

export const DeviceMapping = Type.Object({
	PathOnHost: Type.Optional(Type.String()),
	PathInContainer: Type.Optional(Type.String()),
	CgroupPermissions: Type.Optional(Type.String()),
});
export type DeviceMapping = Static<typeof DeviceMapping>;

export const DeviceRequest = Type.Object({
	Driver: Type.Optional(Type.String()),
	Count: Type.Optional(Type.Integer()),
	DeviceIDs: Type.Optional(Type.Array(Type.String())),
	Capabilities: Type.Optional(Type.Array(Type.Array(Type.String()))),
	Options: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type DeviceRequest = Static<typeof DeviceRequest>;

export const Resources = Type.Object({
	CpuShares: Type.Optional(Type.Integer()),
	Memory: Type.Optional(Type.Integer()),
	CgroupParent: Type.Optional(Type.String()),
	BlkioWeight: Type.Optional(Type.Integer()),
	BlkioWeightDevice: Type.Optional(
		Type.Array(
			Type.Object({
				Path: Type.Optional(Type.String()),
				Weight: Type.Optional(Type.Integer()),
			}),
		),
	),
	BlkioDeviceReadBps: Type.Optional(Type.Array(ThrottleDevice)),
	BlkioDeviceWriteBps: Type.Optional(Type.Array(ThrottleDevice)),
	BlkioDeviceReadIOps: Type.Optional(Type.Array(ThrottleDevice)),
	BlkioDeviceWriteIOps: Type.Optional(Type.Array(ThrottleDevice)),
	CpuPeriod: Type.Optional(Type.Integer()),
	CpuQuota: Type.Optional(Type.Integer()),
	CpuRealtimePeriod: Type.Optional(Type.Integer()),
	CpuRealtimeRuntime: Type.Optional(Type.Integer()),
	CpusetCpus: Type.Optional(Type.String()),
	CpusetMems: Type.Optional(Type.String()),
	Devices: Type.Optional(Type.Array(DeviceMapping)),
	DeviceCgroupRules: Type.Optional(Type.Array(Type.String())),
	DeviceRequests: Type.Optional(Type.Array(DeviceRequest)),
	MemoryReservation: Type.Optional(Type.Integer()),
	MemorySwap: Type.Optional(Type.Integer()),
	MemorySwappiness: Type.Optional(Type.Integer()),
	NanoCpus: Type.Optional(Type.Integer()),
	OomKillDisable: Type.Optional(Type.Boolean()),
	Init: Type.Optional(Type.Boolean()),
	PidsLimit: Type.Optional(Type.Integer()),
	Ulimits: Type.Optional(
		Type.Array(
			Type.Object({
				Name: Type.Optional(Type.String()),
				Soft: Type.Optional(Type.Integer()),
				Hard: Type.Optional(Type.Integer()),
			}),
		),
	),
	CpuCount: Type.Optional(Type.Integer()),
	CpuPercent: Type.Optional(Type.Integer()),
	IOMaximumIOps: Type.Optional(Type.Integer()),
	IOMaximumBandwidth: Type.Optional(Type.Integer()),
});
export type Resources = Static<typeof Resources>;

export const PortBinding = Type.Object({
	HostIp: Type.Optional(Type.String()),
	HostPort: Type.Optional(Type.String()),
});
export type PortBinding = Static<typeof PortBinding>;

export const PortMap = Type.Record(Type.String(), Type.Array(PortBinding));
export type PortMap = Static<typeof PortMap>;

export const RestartPolicy = Type.Object({
	Name: Type.Optional(Type.String()),
	MaximumRetryCount: Type.Optional(Type.Integer()),
});
export type RestartPolicy = Static<typeof RestartPolicy>;

export const Mount = Type.Object({
	Target: Type.Optional(Type.String()),
	Source: Type.Optional(Type.String()),
	Type: Type.Optional(Type.String()),
	ReadOnly: Type.Optional(Type.Boolean()),
	Consistency: Type.Optional(Type.String()),
	BindOptions: Type.Optional(
		Type.Object({
			Propagation: Type.Optional(Type.String()),
			NonRecursive: Type.Optional(Type.Boolean()),
			CreateMountpoint: Type.Optional(Type.Boolean()),
			ReadOnlyNonRecursive: Type.Optional(Type.Boolean()),
			ReadOnlyForceRecursive: Type.Optional(Type.Boolean()),
			/** Hull's own: whose the files are inside; see `parseIdmap`. */
			HullIdmap: Type.Optional(Type.String()),
		}),
	),
	VolumeOptions: Type.Optional(
		Type.Object({
			NoCopy: Type.Optional(Type.Boolean()),
			Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
			DriverConfig: Type.Optional(
				Type.Object({
					Name: Type.Optional(Type.String()),
					Options: Type.Optional(Type.Record(Type.String(), Type.String())),
				}),
			),
			Subpath: Type.Optional(Type.String()),
		}),
	),
	ImageOptions: Type.Optional(
		Type.Object({
			Subpath: Type.Optional(Type.String()),
		}),
	),
	TmpfsOptions: Type.Optional(
		Type.Object({
			SizeBytes: Type.Optional(Type.Integer()),
			Mode: Type.Optional(Type.Integer()),
			Options: Type.Optional(Type.Array(Type.Array(Type.String()))),
		}),
	),
});
export type Mount = Static<typeof Mount>;

export const HostConfig = Type.Intersect([
	Resources,
	Type.Object({
		Binds: Type.Optional(Type.Array(Type.String())),
		ContainerIDFile: Type.Optional(Type.String()),
		LogConfig: Type.Optional(
			Type.Object({
				Type: Type.Optional(Type.String()),
				Config: Type.Optional(Type.Record(Type.String(), Type.String())),
			}),
		),
		NetworkMode: Type.Optional(Type.String()),
		PortBindings: Type.Optional(PortMap),
		RestartPolicy: Type.Optional(RestartPolicy),
		AutoRemove: Type.Optional(Type.Boolean()),
		VolumeDriver: Type.Optional(Type.String()),
		VolumesFrom: Type.Optional(Type.Array(Type.String())),
		Mounts: Type.Optional(Type.Array(Mount)),
		ConsoleSize: Type.Optional(Type.Array(Type.Integer())),
		Annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
		CapAdd: Type.Optional(Type.Array(Type.String())),
		CapDrop: Type.Optional(Type.Array(Type.String())),
		CgroupnsMode: Type.Optional(Type.String()),
		Dns: Type.Optional(Type.Array(Type.String())),
		DnsOptions: Type.Optional(Type.Array(Type.String())),
		DnsSearch: Type.Optional(Type.Array(Type.String())),
		ExtraHosts: Type.Optional(Type.Array(Type.String())),
		GroupAdd: Type.Optional(Type.Array(Type.String())),
		IpcMode: Type.Optional(Type.String()),
		Cgroup: Type.Optional(Type.String()),
		Links: Type.Optional(Type.Array(Type.String())),
		OomScoreAdj: Type.Optional(Type.Integer()),
		PidMode: Type.Optional(Type.String()),
		Privileged: Type.Optional(Type.Boolean()),
		PublishAllPorts: Type.Optional(Type.Boolean()),
		ReadonlyRootfs: Type.Optional(Type.Boolean()),
		SecurityOpt: Type.Optional(Type.Array(Type.String())),
		StorageOpt: Type.Optional(Type.Record(Type.String(), Type.String())),
		Tmpfs: Type.Optional(Type.Record(Type.String(), Type.String())),
		UTSMode: Type.Optional(Type.String()),
		UsernsMode: Type.Optional(Type.String()),
		ShmSize: Type.Optional(Type.Integer()),
		Sysctls: Type.Optional(Type.Record(Type.String(), Type.String())),
		Runtime: Type.Optional(Type.String()),
		Isolation: Type.Optional(Type.String()),
		MaskedPaths: Type.Optional(Type.Array(Type.String())),
		ReadonlyPaths: Type.Optional(Type.Array(Type.String())),
		/** Hull's own. */
		HullSecrets: Type.Optional(Type.Array(HullAttachment)),
		HullConfigs: Type.Optional(Type.Array(HullAttachment)),
	}),
]);
export type HostConfig = Static<typeof HostConfig>;
