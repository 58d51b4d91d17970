import { join } from "node:path";
import type { ExecCreateRequest } from "../api/index.ts";
import { isEngineError, KeyedLock } from "../lib/index.ts";
import type { Digest } from "../oci/index.ts";
import { createBackgroundWork } from "./background-work.ts";
import type { ContainersOptions, Context } from "./context.ts";
import { forkContainer } from "./copies/fork.ts";
import { allSnapshots, createSnapshot, removeSnapshot, restoreSnapshot } from "./copies/snapshots.ts";
import { openDiskReserve } from "./disk-reserve.ts";
import { createExec } from "./exec/create.ts";
import { inspectExec, resizeExec } from "./exec/inspect.ts";
import { parseExecRecord } from "./exec/record.ts";
import { startExec } from "./exec/start.ts";
import { getArchive, putArchive, statArchive } from "./files/archive.ts";
import { commitContainer } from "./files/commit.ts";
import { changesOfContainer, exportContainer } from "./files/export.ts";
import { changeContainer } from "./lifecycle/change.ts";
import { createContainer } from "./lifecycle/create.ts";
import { killContainer } from "./lifecycle/kill.ts";
import { pauseContainer, unpauseContainer } from "./lifecycle/pause.ts";
import { prunableContainers, pruneContainers } from "./lifecycle/prune.ts";
import { removeContainer } from "./lifecycle/remove.ts";
import { renameContainer } from "./lifecycle/rename.ts";
import { restartContainer } from "./lifecycle/restart.ts";
import { startContainer } from "./lifecycle/start.ts";
import { stopContainer } from "./lifecycle/stop.ts";
import { updateContainer } from "./lifecycle/update.ts";
import { logsOfContainer } from "./logs/of-container.ts";
import { addMount } from "./mounts/add.ts";
import { removeMount } from "./mounts/remove.ts";
import { connectContainer } from "./networking/connect-container.ts";
import { disconnectContainer } from "./networking/disconnect-container.ts";
import { changeEgress } from "./networking/egress.ts";
import { footprintOfContainer } from "./observe/footprint.ts";
import { inspectContainer } from "./observe/inspect.ts";
import { listContainers } from "./observe/list.ts";
import { mountPoints } from "./observe/mount-points.ts";
import { statsOfContainer } from "./observe/stats.ts";
import { topContainer } from "./observe/top.ts";
import { waitContainer } from "./observe/wait.ts";
import { type ContainerRecord, parseContainerRecord } from "./record/record.ts";
import { countsAsRunning, isAlive } from "./record/state.ts";
import { recoverContainers } from "./recover.ts";
import { createRegistry } from "./registry.ts";
import { usersOfSecret } from "./secrets/provide.ts";
import { attachContainer } from "./streams/attach.ts";
import { resizeContainer } from "./streams/resize.ts";
import { type HeldWork, holdVolumeUsers, withStoppedUsers } from "./volumes/hold-users.ts";
import { renameVolumeOfUsers } from "./volumes/renamed.ts";

export type Containers = ReturnType<typeof createContainers>;

/** Opens the room. `recover` must follow before anything else is asked of it. */
export function createContainers(options: ContainersOptions) {
	const shutdown = new AbortController();
	const context: Context = {
		...options,
		documents: options.metadata.documents("containers", parseContainerRecord),
		execDocuments: options.metadata.documents("execs", parseExecRecord),
		heldDocuments: options.metadata.documents("held_containers"),
		execOwners: new Map(),
		registry: createRegistry(),
		locks: new KeyedLock(),
		background: createBackgroundWork(options.log),
		diskReserve: openDiskReserve(join(options.dataRoot, "disk-reserve"), options.log),
		shutdown: shutdown.signal,
	};
	return {
		...lifecycle(context),
		...observation(context),
		...streams(context),
		...files(context),
		...copies(context),
		...volumeUse(context),
		...mounts(context),
		recover: () => recoverContainers(context),
		/** Lets go of everything; the containers run on. */
		async close() {
			shutdown.abort();
			await context.background.settle();
			for (const { run, publication } of context.registry.all()) {
				publication?.close();
				run?.task.close();
			}
		},
		/** True while a container has processes. */
		anyRuns: () => [...context.registry.all()].some(({ run }) => run !== undefined),
		/** Waits for clean-up that nobody waits for. */
		settle: () => context.background.settle(),
		/** Who a reference means, found as all operations find it; `undefined` for nobody or several. */
		identify: (reference: string) => identify(context, reference),
		nameOf: (id: string) => context.registry.byId(id)?.record.name,
		counts: () => countStates(context),
		usersOfSecret: usersOfSecret.bind(undefined, context),
		/** Who keeps an image from being removed. */
		usersOfImage: (id: Digest) =>
			[...context.registry.all()]
				.filter(({ record }) => record.image.id === id || mountsImage(record, id))
				.map(({ record }) => ({ containerId: record.id, running: countsAsRunning(record.state) })),
	};
}

function identify({ registry }: Context, reference: string) {
	try {
		const found = registry.find(reference);
		return found === undefined ? undefined : { id: found.id, labels: found.record.config.Labels ?? {} };
	} catch (error) {
		if (isEngineError(error, "invalid_argument")) return undefined;
		throw error;
	}
}

function mountsImage({ mounts }: ContainerRecord, id: Digest): boolean {
	return mounts.some((mount) => mount.type === "image" && mount.imageId === id);
}

function lifecycle(context: Context) {
	return {
		create: createContainer.bind(undefined, context),
		start: startContainer.bind(undefined, context),
		stop: stopContainer.bind(undefined, context),
		restart: restartContainer.bind(undefined, context),
		kill: killContainer.bind(undefined, context),
		pause: pauseContainer.bind(undefined, context),
		unpause: unpauseContainer.bind(undefined, context),
		rename: renameContainer.bind(undefined, context),
		update: updateContainer.bind(undefined, context),
		change: changeContainer.bind(undefined, context),
		remove: removeContainer.bind(undefined, context),
		prune: pruneContainers.bind(undefined, context),
		prunable: prunableContainers.bind(undefined, context),
		connect: connectContainer.bind(undefined, context),
		disconnect: disconnectContainer.bind(undefined, context),
		changeEgress: changeEgress.bind(undefined, context),
	};
}

function observation(context: Context) {
	return {
		list: listContainers.bind(undefined, context),
		inspect: inspectContainer.bind(undefined, context),
		top: topContainer.bind(undefined, context),
		footprint: footprintOfContainer.bind(undefined, context),
		async stats(
			reference: string,
			request: { readonly stream: boolean; readonly oneShot: boolean },
			signal: AbortSignal,
		) {
			const { id } = context.registry.get(reference);
			return statsOfContainer(context, id, { ...request, signal });
		},
		async wait(reference: string, condition: string, signal: AbortSignal) {
			return waitContainer(context, reference, { condition, signal });
		},
	};
}

function streams(context: Context) {
	return {
		attach: attachContainer.bind(undefined, context),
		logs: logsOfContainer.bind(undefined, context),
		resize: resizeContainer.bind(undefined, context),
		execCreate: async (reference: string, request: ExecCreateRequest) =>
			createExec(context, reference, request),
		execStart: startExec.bind(undefined, context),
		execResize: resizeExec.bind(undefined, context),
		execInspect: async (id: string) => inspectExec(context, id),
	};
}

function files(context: Context) {
	return {
		changes: changesOfContainer.bind(undefined, context),
		async export(reference: string, signal: AbortSignal) {
			return exportContainer(context, reference, signal);
		},
		archiveStat: statArchive.bind(undefined, context),
		archiveGet: (reference: string, path: string, signal: AbortSignal) =>
			getArchive(context, reference, { path, signal }),
		archivePut: (
			reference: string,
			path: string,
			body: AsyncIterable<Uint8Array>,
			options: { noOverwriteDirNonDir: boolean; copyUidGid: boolean },
			signal: AbortSignal,
		) => putArchive(context, reference, { path, body, ...options, signal }),
		commit: commitContainer.bind(undefined, context),
	};
}

function copies(context: Context) {
	return {
		fork: forkContainer.bind(undefined, context),
		createSnapshot: createSnapshot.bind(undefined, context),
		listSnapshots: allSnapshots.bind(undefined, context),
		restoreSnapshot: restoreSnapshot.bind(undefined, context),
		removeSnapshot: removeSnapshot.bind(undefined, context),
	};
}

function mounts(context: Context) {
	return {
		listMounts: (reference: string) => mountPoints(context, context.registry.get(reference).record),
		addMount: addMount.bind(undefined, context),
		removeMount: removeMount.bind(undefined, context),
	};
}

function volumeUse(context: Context) {
	return {
		holdVolumeUsers: <T>(volume: string, request: { readonly pause: boolean; readonly work: HeldWork<T> }) =>
			holdVolumeUsers(context, volume, request),
		withStoppedUsers: <T>(volume: string, work: HeldWork<T>) => withStoppedUsers(context, volume, work),
		/** The caller has seen to it that no user runs. */
		renameVolume: renameVolumeOfUsers.bind(undefined, context),
	};
}

function countStates(context: Context) {
	let running = 0;
	let paused = 0;
	for (const { record } of context.registry.all()) {
		if (record.state.status === "paused") paused++;
		else if (isAlive(record.state) || record.state.status === "restarting") running++;
	}
	const { size: total } = context.registry;
	return { total, running, paused, stopped: total - running - paused };
}
