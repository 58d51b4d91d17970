import type { Archive } from "../archive/index.ts";
import type { Images } from "../images/index.ts";
import type { Logger } from "../lib/index.ts";
import type { Networks } from "../networks/index.ts";
import type { Registry } from "../registry/index.ts";
import type { RuntimeDriver, SpecHost } from "../runtime/index.ts";
import type { Delivery } from "../secrets/index.ts";
import type { ContentStore, Leases, Metadata, SnapshotDriver } from "../store/index.ts";
import type { CachePolicy, Copier } from "./contract.ts";

/** The rooms that builds are made of, handed in by the daemon. */
export interface BuilderOptions {
	readonly dataRoot: string;
	/** Gone after a reboot. */
	readonly runRoot: string;
	readonly content: ContentStore;
	readonly snapshots: SnapshotDriver;
	readonly metadata: Metadata;
	readonly leases: Leases;
	readonly archive: Archive;
	readonly images: Images;
	/** For caches that are kept in registries. */
	readonly registry: Registry;
	/** Of isolation `process`. */
	readonly runtime: RuntimeDriver;
	/** Of isolation `vm`. */
	readonly machines: RuntimeDriver;
	/** Of the disk that a machine writes to. */
	readonly machineDiskBytes: number;
	readonly networks: Networks;
	readonly delivery: Delivery;
	readonly copier: Copier;
	/** What runtime specs are made for. */
	readonly host: SpecHost;
	readonly log: Logger;
	/** The engine's. */
	readonly version: string;
	readonly cachePolicy: CachePolicy;
}
