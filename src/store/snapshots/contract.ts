/**
 * Snapshots: file system trees, each on top of a parent.
 *
 * Vocabulary:
 * - **layer snapshot**: committed, immutable, keyed by its chainId; one image layer applied on its parents.
 * - **active snapshot**: writable, keyed by a container's id; on top of a layer snapshot or of nothing.
 * - **mounts**: what to mount, in order, on a root folder to see the tree. Pure data: who mounts decides in which
 *   mount namespace.
 *
 * - **machine's snapshot**: an active snapshot whose tree is seen by a virtual machine only, as disks.
 *
 * Lifecycle: `stage` → fill `staged.directory` → `commit` (or dispose, which removes it) makes a layer.
 * `prepare` → use `mounts` → `remove` is a container's, `prepare` → use `mounts` → `adopt` a build's; `prepareMachine` → `machineRoot` → `remove` a machine's. Each driver passes `test/suites/snapshots`.
 *
 * Crash windows: a staged folder without a row is removed at boot; a row without a folder cannot be (the folder is
 * renamed into place before the row is inserted); removal deletes the row first, boot removes what has no row.
 */
import type { Digest } from "../../oci/index.ts";

export interface SnapshotDriver {
	readonly name: "overlay" | "plain";
	hasLayer(chainId: Digest): boolean;
	/**
	 * A folder to extract one layer into. Overlay: empty, `whiteouts: "overlay"`, parents need not be there yet, so
	 * layers are extracted in parallel. Plain: a copy of the parent (which must be there), `whiteouts: "apply"`.
	 */
	stage(parent: Digest | undefined): Promise<StagedLayer>;
	/** Makes a writable snapshot on a layer (`undefined`: on an empty tree). `conflict` when the key is taken. */
	prepare(key: string, parent: Digest | undefined): Promise<void>;
	/**
	 * The same, with changes of at most `bytes`: a file system of its own, mounted until the snapshot is removed.
	 * `invalid_argument` for a size that cannot be, `unavailable` where it cannot be mounted.
	 */
	prepareSized(key: string, parent: Digest | undefined, bytes: number): Promise<void>;
	/** Mounts what of sized snapshots is not mounted, as after a reboot. */
	mountSized(): Promise<void>;
	/**
	 * The same for a virtual machine: its changes go to a disk of its own, of at most `upperBytes`, which only the
	 * machine reads. `mounts` then shows what it stands on, without its changes. `unavailable` names a program that is
	 * missing.
	 */
	prepareMachine(key: string, parent: Digest | undefined, upperBytes: number): Promise<void>;
	/** Makes a machine's snapshot with the content of another, which nobody may write to meanwhile. */
	copyMachine(key: string, from: string): Promise<void>;
	/**
	 * A machine's snapshot as disks; images of layers that are not there yet are made, which takes as long as reading
	 * and writing them. `conflict` for a snapshot that is no machine's.
	 */
	machineRoot(key: string): Promise<MachineRoot>;
	/** How to see a writable snapshot. `volatile`: no sync of the upper layer, for trees that die with their container. */
	mounts(key: string, options?: { readOnly?: boolean; volatile?: boolean }): readonly SnapshotMount[];
	/** How to see a layer, read-only. */
	layerMounts(chainId: Digest): readonly SnapshotMount[];
	/**
	 * The folder with only a writable snapshot's own changes, overlay whiteouts included; `undefined` for plain and
	 * for a machine's.
	 */
	changesDirectory(key: string): string | undefined;
	/** Bytes and inodes of a writable snapshot's own changes; of a machine's, what its disk takes on the host's. */
	usage(key: string): Promise<SnapshotUsage>;
	layerUsage(chainId: Digest): SnapshotUsage;
	/** What all snapshots take on the disk, as du(1) counts it. Walks the trees that are not known yet. */
	diskUsage(): Promise<SnapshotDiskUsage>;
	/**
	 * Makes a writable snapshot that nobody writes to any more the layer of this chainId on `parent`, without copying;
	 * dropped when the layer is there already. False, and nothing changed, when its folder is no layer on that parent.
	 */
	adopt(
		key: string,
		layer: {
			readonly chainId: Digest;
			readonly parent: Digest | undefined;
			readonly usage: SnapshotUsage;
		},
	): Promise<boolean>;
	/** Removes a writable snapshot. Idempotent. Big trees are deleted in the background. */
	remove(key: string): Promise<void>;
	/** Removes a layer. `conflict` while something stands on it. */
	removeLayer(chainId: Digest): Promise<void>;
	/**
	 * Resolves when these layers are on the disk and outlive a power failure; at once for those that are. Before
	 * anything durable names them. `unavailable` when the disk does not take them.
	 */
	sync(chainIds: readonly Digest[]): Promise<void>;
	layers(): Iterable<{ readonly chainId: Digest; readonly parent: Digest | undefined }>;
	keys(): Iterable<string>;
	/** Waits for background deletions. */
	settle(): Promise<void>;
}

export interface StagedLayer extends AsyncDisposable {
	readonly directory: string;
	readonly whiteouts: "overlay" | "apply";
	/** Makes it the layer of this chainId; two at once: the second finds it there and is dropped. */
	commit(chainId: Digest, usage: SnapshotUsage): Promise<void>;
}

export interface SnapshotUsage {
	readonly bytes: number;
	readonly inodes: number;
}

export interface SnapshotDiskUsage {
	/** `machineBytes`: the image of the layer that virtual machines read, where there is one. */
	readonly layers: ReadonlyMap<
		Digest,
		{ readonly bytes: number; readonly machineBytes: number; readonly parent: Digest | undefined }
	>;
	readonly active: ReadonlyMap<string, { readonly bytes: number; readonly parent: Digest | undefined }>;
	/** What is being extracted or deleted, and the folder of them all. */
	readonly otherBytes: number;
}

/** One mount(2) on the root folder. */
export interface SnapshotMount {
	readonly type: "overlay" | "bind";
	/** Bind: the folder. Overlay: `overlay`. */
	readonly source: string;
	/** Working directory while mounting, so that overlay options can be short relative paths. */
	readonly cwd?: string;
	/** `lowerdir=…`, `upperdir=…`, `workdir=…`, `ro`, `rbind`, `volatile`, … */
	readonly options: readonly string[];
}

/** A writable snapshot as disks for a virtual machine. Paths are on the host. */
export interface MachineRoot {
	/** One uncompressed erofs image for each layer, the topmost first; empty for a snapshot on nothing. */
	readonly layers: readonly { readonly path: string; readonly bytes: number }[];
	/** The writable upper layer: an ext4 image, sparse. `undefined`: a tmpfs in the machine. */
	readonly upper: { readonly path: string; readonly sizeBytes: number } | undefined;
}
