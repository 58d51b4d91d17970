import type { Lease } from "../../../store/index.ts";
import type { StepResult } from "../result.ts";
import type { MountSource } from "./mounts.ts";

export interface Running {
	readonly base: StepResult;
	/** Of the operation's mounts, in their order; `undefined` for those that read from nothing. */
	readonly sources: readonly (MountSource | undefined)[];
	readonly onOutput: (stream: "stdout" | "stderr", data: Uint8Array) => void;
	readonly lease: Lease;
	readonly signal: AbortSignal;
}
