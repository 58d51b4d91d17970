import { failpoint, isEngineError, removeTreeSync } from "../../lib/index.ts";
import { type Container, tell } from "../container.ts";
import type { Context } from "../context.ts";
import { taskLocation } from "../locations.ts";
import { publish } from "../publish.ts";
import { changeState } from "../record/change.ts";
import { awaitLeaving } from "./await-leaving.ts";

/**
 * Removes a container that does not run; the caller holds its lock. It is gone for everybody when this resolves; its
 * files go in the background.
 *
 * Crash windows: from `removing` on boot does it again from the beginning; each step may find its work done. Once the
 * record is gone, boot removes the snapshot and the folders, which belong to nobody.
 */
export async function removeUnderLock(
	context: Context,
	container: Container,
	options: { readonly volumes: boolean },
): Promise<void> {
	container.restartTimer?.abort();
	markRemoving(context, container, options.volumes);
	failpoint("containers.remove.after-mark");
	try {
		await removeVolumes(context, container, options.volumes);
	} catch (error) {
		changeState(context, container, { kind: "removalFailed", error: (error as Error).message });
		throw error;
	}
	failpoint("containers.remove.after-volumes");
	forget(context, container);
	// In use until now.
	context.images.noteUse(container.record.image.id);
	publish(context, container, { action: "destroy" });
	for (const joiner of container.joiners) joiner.abandon();
	container.joiners.clear();
	tell(container, { kind: "removed" });
	context.background.run(`removal of container ${container.id}`, () => removeFiles(context, container));
}

/** When the disk is too full to write that down, the reserve makes the room. */
function markRemoving(context: Context, container: Container, volumes: boolean): void {
	try {
		changeState(context, container, { kind: "removalStarted", volumes });
	} catch (error) {
		if (!isEngineError(error, "no_space")) throw error;
		context.diskReserve.release();
		changeState(context, container, { kind: "removalStarted", volumes });
	}
}

async function removeVolumes(context: Context, container: Container, anonymous: boolean): Promise<void> {
	const released = context.volumes.release(container.id);
	if (!anonymous) return;
	for (const name of released) {
		const volume = context.volumes.find(name);
		if (volume?.anonymous !== true || context.volumes.usersOf(name).length > 0) continue;
		await context.volumes.remove(name);
		context.events.publish("volume", "destroy", name, { driver: volume.driver });
	}
}

function forget(context: Context, container: Container): void {
	context.metadata.transaction(() => {
		for (const id of container.execs.keys()) context.execDocuments.delete(id);
		context.documents.delete(container.id);
	});
	context.registry.remove(container);
	failpoint("containers.remove.after-record");
}

async function removeFiles(context: Context, container: Container): Promise<void> {
	const { stateDir, runDir } = taskLocation(context, container.id);
	// The supervisor has the tree mounted until it leaves.
	await awaitLeaving(container).catch(() => undefined);
	await context.snapshots.remove(container.id);
	const { chainId } = container.record.image;
	// The image may have been removed by force while the container stood on its layers.
	if (chainId !== undefined) await context.images.releaseLayer(chainId);
	failpoint("containers.remove.after-snapshot");
	await context.logShipping.finish(container.id);
	removeTreeSync(stateDir);
	removeTreeSync(runDir);
	context.diskReserve.refill();
}
