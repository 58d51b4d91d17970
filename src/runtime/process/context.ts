import type { Logger } from "../../lib/index.ts";
import type { Cgroups } from "../cgroups/cgroups.ts";
import type { OciRuntimes } from "./oci-runtimes.ts";

export interface ProcessDriverOptions {
	/** `<run-root>`: the OCI runtimes keep their state below. */
	readonly runRoot: string;
	/** The hull-shim program. */
	readonly shimPath: string;
	readonly log: Logger;
	/** More OCI runtimes, name → path, beside those on PATH. */
	readonly runtimes?: Readonly<Record<string, string>>;
	/** Name of the one to use when a container does not say; otherwise crun, else runc. */
	readonly defaultRuntime?: string;
	/** A runtime that takes longer for a start or exec is killed. */
	readonly runtimeTimeoutMs?: number;
	readonly cgroups?: Cgroups;
}

/** What the operations of this driver share. */
export interface ProcessContext {
	readonly options: ProcessDriverOptions;
	readonly cgroups: Cgroups;
	readonly runtimes: OciRuntimes;
}
