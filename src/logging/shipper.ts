/**
 * `hull --worker ship-logs FOLDER`: sends the logs of all containers whose driver is a server's, as the orders in the
 * folder say. It outlives the daemon, is alone by a lock on the folder's `lock`, and leaves when there are no orders.
 */
import { existsSync, linkSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createLogger } from "../lib/index.ts";
import { releaseIdleMemory, tryLockFile } from "../sys/index.ts";
import { watchFolder } from "./files/watch-folder.ts";
import { readOrder } from "./ship/order.ts";
import { ship } from "./ship/shipment.ts";

const leaveAfterMs = 2_000;

export async function runShipper(folder: string): Promise<void> {
	process.title = "hull-logs";
	if (!tryLockFile(openSync(join(folder, "lock"), "w", 0o600))) return;
	const log = createLogger("info");
	const shipping = new Map<string, Promise<void>>();
	using orders = watchFolder(folder);
	for (let idleSince = Date.now(); ; ) {
		for (const id of readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name))) {
			if (shipping.has(id)) continue;
			const path = join(folder, id);
			const done = ship(() => readOrder(path), log)
				.then(() => takeAway(path))
				.catch((error) =>
					log.error("the log of a container is not shipped any more", { container: id, error }),
				)
				.finally(() => shipping.delete(id));
			shipping.set(id, done);
		}
		if (shipping.size > 0) idleSince = Date.now();
		if (Date.now() - idleSince > leaveAfterMs || !existsSync(folder)) return;
		if (shipping.size === 0) releaseIdleMemory();
		await orders.changed();
	}
}

/** Removes an order that is carried out; one that the container's next run has put in its place stays. */
function takeAway(path: string): void {
	if (!existsSync(path)) return;
	const aside = `${path}.done`;
	renameSync(path, aside);
	const order = readOrder(aside);
	const isDone = order?.over === true || (order !== undefined && !existsSync(dirname(order.logPath)));
	// Not by renaming: the daemon may have written the next one by now.
	if (!isDone && !existsSync(path)) linkSync(aside, path);
	rmSync(aside);
}
