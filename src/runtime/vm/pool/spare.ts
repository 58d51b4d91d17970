import type { Connection } from "../../session/index.ts";
import type { MachineSize } from "../machine-size.ts";
import type { VmFacts } from "../probe.ts";
import type { Template } from "../template/templates.ts";

/** A machine that was restored and rehearsed, stands still, and is nobody's. */
export interface Spare {
	readonly id: string;
	readonly runDir: string;
	readonly size: MachineSize;
	readonly uid: number;
	/** The control group that it keeps under whatever name. */
	readonly group: string;
	readonly connection: Connection;
	/** Of its one tap, which nothing is plugged into. */
	readonly tapFds: number[];
	/** Process id of its supervisor. */
	readonly pid: number;
	/** Ends it and removes what it had. Not for one that was claimed. */
	end(): Promise<void>;
}

export interface SpareOrder {
	readonly size: MachineSize;
	readonly facts: VmFacts;
	readonly template: Template;
}
