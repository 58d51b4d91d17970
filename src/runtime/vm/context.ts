import type { Logger } from "../../lib/index.ts";
import type { Cgroups } from "../cgroups/cgroups.ts";
import type { Task } from "../contract.ts";
import type { Connection } from "../session/index.ts";
import type { MachineUsers } from "./machine-users.ts";
import type { Pool } from "./pool/pool.ts";
import type { VmProbe } from "./probe.ts";
import type { Templates } from "./template/templates.ts";

export interface VmDriverOptions {
	/** `<data-root>`: templates are kept below. */
	readonly dataRoot: string;
	readonly runRoot: string;
	/** The hull-shim program. */
	readonly shimPath: string;
	/** Folder with `vmlinux`, `initramfs.img`, `shared-memory.so` and `kernel.json`. */
	readonly vmDir: string;
	readonly log: Logger;
	/** Of a container that says nothing of memory or CPUs. */
	readonly defaultMemoryBytes?: number;
	readonly defaultCpus?: number;
	/** First user id of a range of {@link machineUserCount} that no user of the host has. */
	readonly firstUid?: number;
	/** Machines of each size in use that are kept ready; 0, the default, is none. */
	readonly poolSize?: number;
	readonly cgroups?: Cgroups;
}

/** What the operations of this driver share. */
export interface VmContext {
	readonly options: VmDriverOptions & { readonly defaultMemoryBytes: number };
	readonly cgroups: Cgroups;
	readonly users: MachineUsers;
	readonly probe: VmProbe;
	readonly templates: Templates;
	readonly pool: Pool;
	/** To the supervisors of the tasks that this driver has given out. */
	readonly connections: WeakMap<Task, Connection>;
	readonly log: Logger;
	readonly hostMemoryBytes: number;
}
