import { closeSync, openSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";
import type { Sandbox, Task } from "../contract.ts";

export interface ProcessSandbox extends Sandbox {
	/** The network namespace that the supervisor enters; `undefined` is the host's. */
	readonly netnsFd: number | undefined;
}

/** Takes the descriptor over; the namespace ends with its last process, or with this sandbox when none came. */
export function processSandbox(id: string, netnsFd: number | undefined): ProcessSandbox {
	let open = true;
	return {
		id,
		isolation: "process",
		netnsFd,
		plug: netnsFd === undefined ? undefined : { kind: "netns", fd: netnsFd },
		async [Symbol.asyncDispose]() {
			if (open && netnsFd !== undefined) closeSync(netnsFd);
			open = false;
		},
	};
}

/** The network of a task that runs, to put another one in. */
export async function joinSandbox(task: Task): Promise<Sandbox> {
	if (task.pid === undefined) throw new EngineError("conflict", `container ${task.id} is not running`);
	try {
		return processSandbox(task.id, openSync(`/proc/${task.pid}/ns/net`, "r"));
	} catch (error) {
		throw new EngineError("conflict", `container ${task.id} is not running`, { cause: error });
	}
}

export function netnsOf(sandbox: Sandbox): number | undefined {
	if (!("netnsFd" in sandbox))
		throw new EngineError("invalid_argument", `sandbox ${sandbox.id} is not one of process isolation`);
	return (sandbox as ProcessSandbox).netnsFd;
}
