/** Networks in a process of their own, which dies at `HULL_FAILPOINT`: runs one operation. Its log goes to stderr. */
import { openSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import { createNetworks } from "../../../src/networks/index.ts";
import { createMetadata } from "../../../src/store/index.ts";
import { networkRequest } from "./engine.ts";

export interface CrashOrder {
	readonly dataRoot: string;
	readonly operation: "restore" | "connect" | "disconnect" | "create" | "remove";
	/** Path of the container's network namespace. */
	readonly namespace?: string;
	/** Of the network that is made, whose name is `web`. */
	readonly bridgeName?: string;
}

const order = JSON.parse(process.argv[2]!) as CrashOrder;
const log = createLogger("info");
const metadata = createMetadata({ path: join(order.dataRoot, "hull.db"), log });
const networks = createNetworks({ metadata, dataRoot: order.dataRoot, log });
await networks.restore(new Set());
if (order.operation === "create" || order.operation === "remove") {
	const options = { "com.docker.network.bridge.name": order.bridgeName! };
	await networks.create(networkRequest("web", { options }));
	if (order.operation === "remove") await networks.remove("web");
} else if (order.operation !== "restore") {
	const fd = openSync(order.namespace!, "r");
	await networks.connect({ kind: "netns", fd }, { networkId: "bridge", containerId: "one" });
	if (order.operation === "disconnect") await networks.disconnect("one");
}
await networks.close();
