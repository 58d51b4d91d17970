import { existsSync } from "node:fs";
import { failpoint, isEngineError } from "../../lib/index.ts";
import type { TaskLocation } from "../contract.ts";
import { lendDescriptor } from "../session/index.ts";
import { withQmp } from "./qmp/connect.ts";
import type { QmpConnection } from "./qmp/connection.ts";

/**
 * Puts a tap behind a card of a machine that runs. Every card without one is on a hub of its own since the start, and
 * the tap becomes a second port of that hub: nothing is kept ready for it.
 *
 * On a kill between two steps QEMU holds a tap that is no port of anything; `unplugCard`, which comes before each
 * plugging, lets it go.
 */
export async function plugCard(
	machine: { readonly shimPath: string; readonly location: TaskLocation },
	card: { readonly number: number; readonly tapFd: number },
): Promise<void> {
	const { shimPath, location } = machine;
	const { tap, port } = namesOf(card.number);
	await lendDescriptor(shimPath, { runDir: location.runDir, name: tap, descriptor: card.tapFd });
	failpoint("vm.plug.after-lend");
	await withQmp(location, async (qmp) => {
		await qmp.execute("netdev_add", { type: "tap", id: tap, fd: tap });
		await qmp.execute("netdev_add", { type: "hubport", id: port, hubid: card.number, netdev: tap });
	});
	failpoint("vm.plug.after-plug");
}

/** Takes it away again; the tap is gone then. Nothing to do is success. */
export async function unplugCard(location: TaskLocation, number: number): Promise<void> {
	const { tap, port } = namesOf(number);
	await withQmp(location, async (qmp) => {
		await attempt(qmp, "netdev_del", { id: port });
		await attempt(qmp, "netdev_del", { id: tap });
		await attempt(qmp, "closefd", { fdname: tap });
	});
}

export function isLink(name: string): boolean {
	return existsSync(`/sys/class/net/${name}`);
}

function namesOf(number: number) {
	return { tap: `tap${number}`, port: `port${number}` };
}

/** QEMU has no word of its own for what is not there. */
async function attempt(qmp: QmpConnection, command: string, names: Record<string, string>): Promise<void> {
	await qmp.execute(command, names).catch((error) => {
		if (!isEngineError(error, "runtime_failed")) throw error;
	});
}
