/**
 * Networks in a process that the tests kill: runs one operation, says "reached" at the given step and stays there.
 * Without a step it runs to the end. Its log goes to stderr.
 */
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import { createNetworks } from "../../../src/networks/index.ts";
import { createMetadata } from "../../../src/store/index.ts";

export interface CrashOrder {
	readonly dataRoot: string;
	readonly operation: "restore" | "connect" | "disconnect";
	readonly step?: string;
	/** Path of the container's network namespace. */
	readonly namespace?: string;
}

const order = JSON.parse(process.argv[2]!) as CrashOrder;
const log = createLogger("info");
const networks = createNetworks({
	metadata: createMetadata({ path: join(order.dataRoot, "hull.db"), log }),
	dataRoot: order.dataRoot,
	log,
	reached(step) {
		if (step !== order.step) return;
		writeSync(1, "reached\n");
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
	},
});
await networks.restore(new Set());
if (order.operation !== "restore") {
	const fd = openSync(order.namespace!, "r");
	await networks.connect({ kind: "netns", fd }, { networkId: "bridge", containerId: "one" });
	if (order.operation === "disconnect") await networks.disconnect("one");
}
await networks.settle();
