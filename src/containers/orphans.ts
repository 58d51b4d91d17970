import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, removeTreeSync } from "../lib/index.ts";
import type { Context } from "./context.ts";
import { recoverSnapshots } from "./copies/snapshot-files.ts";
import { taskLocation } from "./locations.ts";
import { endLeftPublication } from "./ports/publication.ts";

const idPattern = /^[0-9a-f]{64}$/;

/** Ids of snapshots, and of containers that have a record, also one that could not be read and was set aside: theirs is kept. */
export function knownIds(context: Context): ReadonlySet<string> {
	const rejected = context.metadata.db.prepare("SELECT key FROM containers_rejected").all() as {
		key: string;
	}[];
	const ids = new Set([...context.registry.all()].map(({ id }) => id));
	for (const id of recoverSnapshots(context)) ids.add(id);
	for (const { key } of rejected) {
		context.log.warn("files of a container whose record cannot be read are kept", { container: key });
		ids.add(key);
	}
	return ids;
}

/** Gives each container its execs; those of containers that are gone go too. */
export function loadExecs(context: Context, known: ReadonlySet<string>): void {
	for (const { key, value: record } of context.execDocuments.entries()) {
		const container = context.registry.byId(record.containerId);
		if (container === undefined) {
			if (!known.has(record.containerId)) context.execDocuments.delete(key);
			continue;
		}
		container.execs.set(key, { record, exec: undefined });
		context.execOwners.set(key, container);
	}
}

/** Removes what belongs to no container: what a killed create made and a killed remove left. */
export async function removeOrphans(context: Context, known: ReadonlySet<string>): Promise<void> {
	for (const key of [...context.snapshots.keys()]) {
		if (known.has(key)) continue;
		context.log.info("a snapshot without a container was removed", { snapshot: key });
		await context.snapshots.remove(key);
	}
	for (const id of idsIn(join(context.runRoot, "containers"))) {
		if (known.has(id)) continue;
		await endLeftPublication(context, id);
		const location = taskLocation(context, id);
		// The folder goes with the first of them: it has to be the one that knows what to end.
		const { vm, process } = context.runtimes;
		for (const driver of vm.owns(location) ? [vm, process] : [process, vm]) await driver.cleanup(location);
	}
	await endFileGuests(context);
	for (const id of idsIn(join(context.dataRoot, "containers"))) {
		if (known.has(id)) continue;
		context.log.info("the files of a container that is gone were removed", { container: id });
		removeTreeSync(taskLocation(context, id).stateDir);
	}
	await releaseVolumes(context, known);
}

/** Guests that served files end with the daemon they served. */
async function endFileGuests(context: Context): Promise<void> {
	const folder = join(context.runRoot, "files");
	for (const id of idsIn(folder)) {
		const stateDir = join(folder, id, "state");
		await context.runtimes.vm.cleanup({ id, stateDir, runDir: join(folder, id, "run") });
		removeTreeSync(join(folder, id));
	}
}

/** Names that are no ids are not the engine's, and stay. */
function idsIn(folder: string): string[] {
	try {
		return readdirSync(folder).filter((name) => idPattern.test(name));
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return [];
		throw error;
	}
}

/** A volume that was made without a name for a container that never came to be goes with it. */
async function releaseVolumes(context: Context, known: ReadonlySet<string>): Promise<void> {
	const users = new Set(context.volumes.list().flatMap(({ name }) => context.volumes.usersOf(name)));
	for (const id of users) {
		if (known.has(id)) continue;
		for (const name of context.volumes.release(id)) {
			if (context.volumes.find(name)?.anonymous !== true) continue;
			if (context.volumes.usersOf(name).length === 0) await context.volumes.remove(name);
		}
	}
}
