import type { HullSnapshot } from "../../api/index.ts";
import { EngineError, failpoint, removeTreeSync } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { newContainerId } from "../lifecycle/describe.ts";
import { parseContainerName } from "../lifecycle/names.ts";
import { timestamp } from "../timestamp.ts";
import { bringUp } from "./bring-up.ts";
import { saveContainer } from "./save.ts";
import {
	findSnapshot,
	listSnapshots,
	type MachineSnapshot,
	snapshotFolder,
	writeSnapshot,
} from "./snapshot-files.ts";
import { startedAtOf } from "./started-at.ts";

/** Keeps a machine that runs on disk, memory and all; it goes on. Errors: as of a fork, `conflict` for a taken name. */
export async function createSnapshot(
	context: Context,
	reference: string,
	request: { readonly name?: string | undefined },
): Promise<HullSnapshot> {
	const container = context.registry.get(reference);
	const id = newContainerId();
	const name = request.name === undefined ? id.slice(0, 12) : parseContainerName(request.name);
	if (listSnapshots(context).some((snapshot) => snapshot.name === name))
		throw new EngineError("conflict", `a snapshot with the name ${name} is there already`);
	await using undo = new AsyncDisposableStack();
	using _lock = await context.locks.acquire(container.id);
	await saveContainer(context, container, { key: id, folder: snapshotFolder(context, id), undo });
	failpoint("containers.snapshot.before-record");
	const { record } = container;
	const snapshot = { id, name, createdAt: timestamp(), startedAt: startedAtOf(record), container: record };
	writeSnapshot(context, snapshot);
	undo.move();
	return described(snapshot);
}

export async function allSnapshots(context: Context): Promise<HullSnapshot[]> {
	return listSnapshots(context).map(described);
}

/** A new container that goes on from there; the snapshot stays. */
export async function restoreSnapshot(
	context: Context,
	reference: string,
	request: { readonly name?: string | undefined },
): Promise<{ readonly id: string; readonly name: string }> {
	const snapshot = findSnapshot(context, reference);
	const folder = snapshotFolder(context, snapshot.id);
	const saved = { folder, startedAt: snapshot.startedAt };
	return bringUp(context, { record: snapshot.container, diskKey: snapshot.id, saved }, request);
}

/**
 * Machines that were restored from it run on: they hold its memory open. Crash windows: the folder, which makes it
 * count, goes first; boot removes a disk that is nobody's.
 */
export async function removeSnapshot(context: Context, reference: string): Promise<void> {
	const { id, container } = findSnapshot(context, reference);
	removeTreeSync(snapshotFolder(context, id));
	failpoint("containers.snapshot.after-folder");
	await context.snapshots.remove(id);
	const { chainId } = container.image;
	if (chainId !== undefined) await context.images.releaseLayer(chainId);
}

function described({ id, name, createdAt, container }: MachineSnapshot): HullSnapshot {
	return {
		Id: id,
		Name: name,
		Created: createdAt,
		Container: container.id,
		ContainerName: container.name,
		Image: container.image.reference,
	};
}
