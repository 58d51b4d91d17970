import { type Static, Type } from "typebox";

export const PluginsInfo = Type.Object({
	Volume: Type.Optional(Type.Array(Type.String())),
	Network: Type.Optional(Type.Array(Type.String())),
	Authorization: Type.Optional(Type.Array(Type.String())),
	Log: Type.Optional(Type.Array(Type.String())),
});
export type PluginsInfo = Static<typeof PluginsInfo>;

export const IndexInfo = Type.Object({
	Name: Type.Optional(Type.String()),
	Mirrors: Type.Optional(Type.Array(Type.String())),
	Secure: Type.Optional(Type.Boolean()),
	Official: Type.Optional(Type.Boolean()),
});
export type IndexInfo = Static<typeof IndexInfo>;

export const RegistryServiceConfig = Type.Object({
	InsecureRegistryCIDRs: Type.Optional(Type.Array(Type.String())),
	IndexConfigs: Type.Optional(Type.Record(Type.String(), IndexInfo)),
	Mirrors: Type.Optional(Type.Array(Type.String())),
});
export type RegistryServiceConfig = Static<typeof RegistryServiceConfig>;

export const GenericResources = Type.Array(
	Type.Object({
		NamedResourceSpec: Type.Optional(
			Type.Object({
				Kind: Type.Optional(Type.String()),
				Value: Type.Optional(Type.String()),
			}),
		),
		DiscreteResourceSpec: Type.Optional(
			Type.Object({
				Kind: Type.Optional(Type.String()),
				Value: Type.Optional(Type.Integer()),
			}),
		),
	}),
);
export type GenericResources = Static<typeof GenericResources>;

export const Runtime = Type.Object({
	path: Type.Optional(Type.String()),
	runtimeArgs: Type.Optional(Type.Array(Type.String())),
	status: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type Runtime = Static<typeof Runtime>;

export const SwarmInfo = Type.Object({
	NodeID: Type.Optional(Type.String()),
	NodeAddr: Type.Optional(Type.String()),
	LocalNodeState: Type.Optional(Type.String()),
	ControlAvailable: Type.Optional(Type.Boolean()),
	Error: Type.Optional(Type.String()),
	RemoteManagers: Type.Optional(Type.Array(Type.Unknown())),
	Nodes: Type.Optional(Type.Integer()),
	Managers: Type.Optional(Type.Integer()),
	Cluster: Type.Optional(Type.Unknown()),
});
export type SwarmInfo = Static<typeof SwarmInfo>;

export const Commit = Type.Object({
	ID: Type.Optional(Type.String()),
});
export type Commit = Static<typeof Commit>;

export const FirewallInfo = Type.Object({
	Driver: Type.Optional(Type.String()),
	Info: Type.Optional(Type.Array(Type.Array(Type.String()))),
});
export type FirewallInfo = Static<typeof FirewallInfo>;

export const DeviceInfo = Type.Object({
	Source: Type.Optional(Type.String()),
	ID: Type.Optional(Type.String()),
});
export type DeviceInfo = Static<typeof DeviceInfo>;

export const NRIInfo = Type.Object({
	Info: Type.Optional(Type.Array(Type.Array(Type.String()))),
});
export type NRIInfo = Static<typeof NRIInfo>;

export const ContainerdInfo = Type.Object({
	Address: Type.Optional(Type.String()),
	Namespaces: Type.Optional(
		Type.Object({
			Containers: Type.Optional(Type.String()),
			Plugins: Type.Optional(Type.String()),
		}),
	),
});
export type ContainerdInfo = Static<typeof ContainerdInfo>;

export const SystemInfo = Type.Object({
	ID: Type.Optional(Type.String()),
	Containers: Type.Optional(Type.Integer()),
	ContainersRunning: Type.Optional(Type.Integer()),
	ContainersPaused: Type.Optional(Type.Integer()),
	ContainersStopped: Type.Optional(Type.Integer()),
	Images: Type.Optional(Type.Integer()),
	Driver: Type.Optional(Type.String()),
	DriverStatus: Type.Optional(Type.Array(Type.Array(Type.String()))),
	DockerRootDir: Type.Optional(Type.String()),
	Plugins: Type.Optional(PluginsInfo),
	MemoryLimit: Type.Optional(Type.Boolean()),
	SwapLimit: Type.Optional(Type.Boolean()),
	CpuCfsPeriod: Type.Optional(Type.Boolean()),
	CpuCfsQuota: Type.Optional(Type.Boolean()),
	CPUShares: Type.Optional(Type.Boolean()),
	CPUSet: Type.Optional(Type.Boolean()),
	PidsLimit: Type.Optional(Type.Boolean()),
	OomKillDisable: Type.Optional(Type.Boolean()),
	IPv4Forwarding: Type.Optional(Type.Boolean()),
	Debug: Type.Optional(Type.Boolean()),
	NFd: Type.Optional(Type.Integer()),
	NGoroutines: Type.Optional(Type.Integer()),
	SystemTime: Type.Optional(Type.String()),
	LoggingDriver: Type.Optional(Type.String()),
	CgroupDriver: Type.Optional(Type.String()),
	CgroupVersion: Type.Optional(Type.String()),
	NEventsListener: Type.Optional(Type.Integer()),
	KernelVersion: Type.Optional(Type.String()),
	OperatingSystem: Type.Optional(Type.String()),
	OSVersion: Type.Optional(Type.String()),
	OSType: Type.Optional(Type.String()),
	Architecture: Type.Optional(Type.String()),
	NCPU: Type.Optional(Type.Integer()),
	MemTotal: Type.Optional(Type.Integer()),
	IndexServerAddress: Type.Optional(Type.String()),
	RegistryConfig: Type.Optional(RegistryServiceConfig),
	GenericResources: Type.Optional(GenericResources),
	HttpProxy: Type.Optional(Type.String()),
	HttpsProxy: Type.Optional(Type.String()),
	NoProxy: Type.Optional(Type.String()),
	Name: Type.Optional(Type.String()),
	Labels: Type.Optional(Type.Array(Type.String())),
	ExperimentalBuild: Type.Optional(Type.Boolean()),
	ServerVersion: Type.Optional(Type.String()),
	Runtimes: Type.Optional(Type.Record(Type.String(), Runtime)),
	DefaultRuntime: Type.Optional(Type.String()),
	Swarm: Type.Optional(SwarmInfo),
	LiveRestoreEnabled: Type.Optional(Type.Boolean()),
	Isolation: Type.Optional(Type.String()),
	/** Hull's own: the hulls that a container may choose, and what machines are made with. */
	Hull: Type.Optional(
		Type.Object({
			Isolations: Type.Array(Type.String()),
			VM: Type.Optional(
				Type.Object({
					Accelerator: Type.String(),
					QemuVersion: Type.String(),
					KernelVersion: Type.String(),
					/** Machines that are ready for the next start of their size; memory in bytes, `PssBytes` is what it takes. */
					Pool: Type.Optional(
						Type.Object({
							PerSize: Type.Integer(),
							Machines: Type.Array(
								Type.Object({
									MemoryBytes: Type.Integer(),
									Cpus: Type.Integer(),
									PssBytes: Type.Integer(),
								}),
							),
						}),
					),
				}),
			),
		}),
	),
	InitBinary: Type.Optional(Type.String()),
	ContainerdCommit: Type.Optional(Commit),
	RuncCommit: Type.Optional(Commit),
	InitCommit: Type.Optional(Commit),
	SecurityOptions: Type.Optional(Type.Array(Type.String())),
	ProductLicense: Type.Optional(Type.String()),
	DefaultAddressPools: Type.Optional(
		Type.Array(
			Type.Object({
				Base: Type.Optional(Type.String()),
				Size: Type.Optional(Type.Integer()),
			}),
		),
	),
	FirewallBackend: Type.Optional(FirewallInfo),
	DiscoveredDevices: Type.Optional(Type.Array(DeviceInfo)),
	NRI: Type.Optional(NRIInfo),
	Warnings: Type.Optional(Type.Array(Type.String())),
	CDISpecDirs: Type.Optional(Type.Array(Type.String())),
	Containerd: Type.Optional(ContainerdInfo),
});
export type SystemInfo = Static<typeof SystemInfo>;

export const SystemVersion = Type.Object({
	Platform: Type.Optional(
		Type.Object({
			Name: Type.Optional(Type.String()),
		}),
	),
	Components: Type.Optional(
		Type.Array(
			Type.Object({
				Name: Type.Optional(Type.String()),
				Version: Type.Optional(Type.String()),
				Details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
			}),
		),
	),
	Version: Type.Optional(Type.String()),
	ApiVersion: Type.Optional(Type.String()),
	MinAPIVersion: Type.Optional(Type.String()),
	GitCommit: Type.Optional(Type.String()),
	GoVersion: Type.Optional(Type.String()),
	Os: Type.Optional(Type.String()),
	Arch: Type.Optional(Type.String()),
	KernelVersion: Type.Optional(Type.String()),
	Experimental: Type.Optional(Type.Boolean()),
	BuildTime: Type.Optional(Type.String()),
});
export type SystemVersion = Static<typeof SystemVersion>;

export const EventActor = Type.Object({
	ID: Type.Optional(Type.String()),
	Attributes: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type EventActor = Static<typeof EventActor>;

export const EventMessage = Type.Object({
	Type: Type.Optional(Type.String()),
	Action: Type.Optional(Type.String()),
	Actor: Type.Optional(EventActor),
	scope: Type.Optional(Type.String()),
	time: Type.Optional(Type.Integer()),
	timeNano: Type.Optional(Type.Integer()),
});
export type EventMessage = Static<typeof EventMessage>;

export const ErrorResponse = Type.Object({
	message: Type.Optional(Type.String()),
});
export type ErrorResponse = Static<typeof ErrorResponse>;
