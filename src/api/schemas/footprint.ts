import { type Static, Type } from "typebox";

/** What a running container costs the host, the engine's own part included. */
export const HullFootprint = Type.Object({
	/** Every process that is there because of the container: its supervisor, its machine, its own. */
	Processes: Type.Array(
		Type.Object({
			Pid: Type.Integer(),
			Command: Type.String(),
			/** `supervisor`; `container`: the container's own, or the machine that they run in. */
			Role: Type.String(),
			/** Proportional set size: memory of its own, and its share of what it has in common with others. Bytes. */
			PssBytes: Type.Integer(),
			/** Memory that goes when it ends. Bytes. */
			PrivateBytes: Type.Integer(),
		}),
	),
	/** On the disk, as du(1) counts it. */
	Disk: Type.Object({
		/** The image's layers, which all its containers share. */
		LayerBytes: Type.Integer(),
		/** The same layers as virtual machines read them. */
		MachineLayerBytes: Type.Integer(),
		/** The container's own changes. */
		OwnBytes: Type.Integer(),
	}),
});
export type HullFootprint = Static<typeof HullFootprint>;

/** The machine that the engine runs on, as the engine sees it: what a container's own view is held against. */
export const HullHost = Type.Object({
	KernelRelease: Type.String(),
	/** Differs for each boot of each kernel. */
	BootId: Type.String(),
	UptimeSeconds: Type.Integer(),
	MemoryTotalBytes: Type.Integer(),
	MemoryAvailableBytes: Type.Integer(),
	/** What the kernel keeps for itself and cannot give back: slabs, stacks, page tables, per-processor data. */
	KernelMemoryBytes: Type.Integer(),
	CpuCount: Type.Integer(),
	CpuModel: Type.String(),
	Processes: Type.Integer(),
	/** The daemon's own proportional set size. */
	EnginePssBytes: Type.Integer(),
});
export type HullHost = Static<typeof HullHost>;
