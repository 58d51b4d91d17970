/** A named place for data, `<data-root>/volumes/<name>/_data`. */
export interface VolumeRecord {
	readonly name: string;
	readonly driver: "local";
	readonly mountpoint: string;
	readonly createdAt: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly options: Readonly<Record<string, string>>;
	/** Made for one container without a name: removed with it by `rm -v`, `--rm` and a plain prune. */
	readonly anonymous: boolean;
}

export interface Volumes {
	/** Existing names are given back as they are (Docker's create is idempotent). Errors: `invalid_argument`. */
	create(request: {
		name?: string;
		labels?: Record<string, string>;
		options?: Record<string, string>;
		driver?: string;
		/** The name was made up for a container that gave none. Default: there is no name. */
		anonymous?: boolean;
	}): VolumeRecord;
	/** Errors: `conflict` when a volume, or a folder that was kept, has the name. */
	assertFree(name: string): void;
	/** A new volume of a folder (with `_data` in it) that lies below the same root and goes to its place. */
	adopt(request: {
		readonly name: string;
		readonly labels: Readonly<Record<string, string>>;
		readonly folder: string;
	}): VolumeRecord;
	/** Its snapshots and users go along; `also` writes more records, all or none. Nobody runs with it. */
	rename(from: string, to: string, also: () => void): void;
	list(): readonly VolumeRecord[];
	find(name: string): VolumeRecord | undefined;
	/** `not_found` when absent. */
	get(name: string): VolumeRecord;
	/** `conflict` while a container uses it, or it has snapshots; `not_found` when absent and not forced. */
	remove(name: string, options?: { force?: boolean }): Promise<void>;
	/**
	 * Makes sure that the data folder holds the volume's data, and gives the folder. Volumes with options of the
	 * driver are mounted with the first holder; for others there is nothing to do. Errors: `unavailable` with what
	 * mount(8) says, `no_space`.
	 */
	mount(name: string, holder: string): Promise<string>;
	/** Lets go of what a holder has mounted, of one volume when `name` is given; the last one unmounts. */
	unmount(holder: string, name?: string): Promise<void>;
	/** After a restart, when all who run have mounted again: unmounts what nobody holds. */
	sweepMounts(): Promise<void>;
	/** Notes that a container uses the volume; persisted. */
	use(name: string, containerId: string): void;
	/** The container uses them no longer, or the one that is named; gives their names. */
	release(containerId: string, name?: string): readonly string[];
	usersOf(name: string): readonly string[];
	/** At the daemon's start: forgets users that are no container any more. */
	restore(containerIds: ReadonlySet<string>): void;
	/** Removes volumes that nobody uses. */
	prune(options: {
		all: boolean;
		matches?: (volume: VolumeRecord) => boolean;
	}): Promise<{ removed: string[]; reclaimedBytes: number }>;
	usageBytes(name: string): Promise<number>;
	/** What each volume takes on the disk, as du(1) counts it, their snapshots, and what comes on top of them. */
	diskUsage(): Promise<{
		readonly volumes: ReadonlyMap<string, number>;
		readonly snapshotBytes: number;
		readonly otherBytes: number;
	}>;
}
