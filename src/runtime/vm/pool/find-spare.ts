import type { SandboxSpec } from "../../contract.ts";
import type { VmContext } from "../context.ts";
import { guestMounts } from "../guest-mounts.ts";
import { sizeOf } from "../plan-machine.ts";
import type { Spare } from "./spare.ts";

/**
 * A spare that can become the machine of a sandbox's task: of its size, with one network card at most, without shared
 * folders (for which QEMU needs rights that it gave up), and not one that goes on from a saved one.
 */
export async function findSpare(
	context: VmContext,
	{ network, task }: SandboxSpec,
): Promise<Spare | undefined> {
	context.pool.busy();
	if (task?.machine === undefined || task.machine.saved !== undefined) return undefined;
	if (network.kind !== "own" || (network.endpoints ?? 1) > 1) return undefined;
	if (guestMounts(task.spec.mounts, task.stateDir).shared.length > 0) return undefined;
	return context.pool.claim(sizeOf(context, task.machine, await context.probe.facts()));
}
