import type { Archive } from "../archive/index.ts";
import type { Events } from "../events/index.ts";
import type { Images } from "../images/index.ts";
import type { KeyedLock, Logger } from "../lib/index.ts";
import type { LogConfig, LogShipping } from "../logging/index.ts";
import type { Networks, PortPublisher } from "../networks/index.ts";
import type { Isolation, RuntimeDriver } from "../runtime/index.ts";
import type { Delivery, Vault } from "../secrets/index.ts";
import type { Documents, Metadata, SnapshotDriver } from "../store/index.ts";
import type { Volumes } from "../volumes/index.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { Container } from "./container.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import type { ExecRecord } from "./exec/record.ts";
import type { Host } from "./host.ts";
import type { ContainerRecord } from "./record/record.ts";
import type { Registry } from "./registry.ts";
import type { DefaultUserNamespace } from "./user-namespace/default.ts";

/** The rooms that containers are made of, handed in by the daemon. */
export interface ContainersOptions {
	readonly dataRoot: string;
	/** Gone after a reboot. */
	readonly runRoot: string;
	readonly metadata: Metadata;
	readonly images: Images;
	readonly snapshots: SnapshotDriver;
	readonly archive: Archive;
	/** One for each hull. */
	readonly runtimes: Readonly<Record<Isolation, RuntimeDriver>>;
	/** Of a machine's own disk that asks for no size. */
	readonly machineDiskBytes: number;
	/** Told once to whoever makes the first machine; `undefined` when there is nothing to say. */
	readonly machineHint?: () => Promise<string | undefined>;
	/** Name of the OCI runtime that is used when a request names none, as inspect shows it. */
	readonly defaultRuntime: string;
	/** Names of the OCI runtimes that a request may ask for, beside an absolute path. */
	readonly runtimeNames: readonly string[];
	/** Of containers that do not say. */
	readonly defaultUserNamespace: DefaultUserNamespace;
	/** Folders with descriptions of CDI devices, later ones over earlier ones. */
	readonly cdiSpecDirs: readonly string[];
	readonly networks: Networks;
	readonly ports: PortPublisher;
	readonly volumes: Volumes;
	readonly vault: Vault;
	readonly delivery: Delivery;
	readonly events: Events;
	readonly logShipping: LogShipping;
	/** Of containers that name no log driver. */
	readonly logging: LogConfig;
	readonly host: Host;
	readonly log: Logger;
}

/** What every operation of this room gets. */
export interface Context extends ContainersOptions {
	readonly documents: Documents<ContainerRecord>;
	readonly execDocuments: Documents<ExecRecord>;
	/** Ids of those that this daemon holds still while their volume is copied. */
	readonly heldDocuments: Documents<{ readonly id: string }>;
	/** Whose an exec is, by the exec's id. */
	readonly execOwners: Map<string, Container>;
	readonly registry: Registry;
	/** By container id. Held by whoever changes a container's state, from the check to the publishing. */
	readonly locks: KeyedLock;
	readonly background: BackgroundWork;
	readonly diskReserve: DiskReserve;
	/** Aborted when the daemon leaves; what waits for containers gives up, the containers run on. */
	readonly shutdown: AbortSignal;
}
