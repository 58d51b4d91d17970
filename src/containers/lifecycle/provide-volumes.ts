import { readdirSync } from "node:fs";
import type { Context } from "../context.ts";
import type { ContainerMount } from "../record/record.ts";
import type { PlannedVolume } from "./plan-mounts.ts";

/**
 * Makes the volumes that a new container names, notes that it uses them, and fills empty ones with what its image has
 * at that place (Docker's copy-up). The undo of each step goes onto the given stack.
 */
export async function provideVolumes(
	context: Context,
	request: {
		readonly id: string;
		readonly volumes: readonly PlannedVolume[];
		readonly mounts: readonly ContainerMount[];
		readonly undo: AsyncDisposableStack;
	},
): Promise<void> {
	const { id, undo } = request;
	if (!request.mounts.some((mount) => mount.type === "volume")) return;
	for (const planned of request.volumes) {
		const isNew = context.volumes.find(planned.name) === undefined;
		context.volumes.create({
			name: planned.name,
			driver: planned.driver,
			labels: { ...planned.labels },
			options: { ...planned.options },
			anonymous: planned.anonymous,
		});
		if (!isNew) continue;
		undo.defer(() => context.volumes.remove(planned.name, { force: true }));
		context.events.publish("volume", "create", planned.name, { driver: planned.driver });
	}
	// All are in use before the first is filled: a prune in between must not take them.
	for (const mount of request.mounts) {
		if (mount.type !== "volume" || context.volumes.usersOf(mount.name).includes(id)) continue;
		context.volumes.use(mount.name, id);
		undo.defer(() => void context.volumes.release(id, mount.name));
	}
	for (const planned of request.volumes) await copyUp(context, id, planned);
}

async function copyUp(context: Context, id: string, planned: PlannedVolume): Promise<void> {
	if (planned.copyFrom === undefined) return;
	const holder = `copy-up ${id}`;
	const folder = await context.volumes.mount(planned.name, holder);
	try {
		if (readdirSync(folder).length > 0) return;
		const root = { kind: "mounts", mounts: context.snapshots.mounts(id, { readOnly: true }) } as const;
		await context.archive.copyTree(root, planned.copyFrom, folder);
	} finally {
		await context.volumes.unmount(holder);
	}
}
