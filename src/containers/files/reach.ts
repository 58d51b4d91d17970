import { randomUUID } from "node:crypto";
import type { ArchiveRoot, ChangeSource } from "../../archive/index.ts";
import { EngineError, removeTreeSync } from "../../lib/index.ts";
import type { MachineFiles } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { driverOf, isolationOf } from "../isolation.ts";
import { awaitLeaving } from "../lifecycle/await-leaving.ts";
import { filesFolder, filesSpec } from "../lifecycle/files-spec.ts";
import { mountVolumes } from "../lifecycle/mount-volumes.ts";
import { changeSource } from "./change-source.ts";
import { machineChanges, machineTree } from "./machine-tree.ts";
import { archiveRoot } from "./root.ts";

/** A container's files, as long as it is not disposed of. */
export interface ReachedFiles extends AsyncDisposable {
	/** With everything that is mounted in it; binds and volumes only when they were asked for. */
	readonly root: ArchiveRoot;
	/** Without anything that is mounted in it. */
	readonly bare: ArchiveRoot;
	readonly changes: ChangeSource;
}

export interface ReachOptions {
	readonly binds: boolean;
	/** The caller holds the container's lock. */
	readonly locked?: boolean;
	readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a container's files reachable. For process isolation that costs nothing; a machine's are served by its guest,
 * and when it does not run by one that is started for it, which keeps the container locked.
 */
export async function reachFiles(
	context: Context,
	container: Container,
	options: ReachOptions,
): Promise<ReachedFiles> {
	await using undo = new AsyncDisposableStack();
	if (isolationOf(container.record) === "process") {
		if (container.run === undefined) await holdVolumes(context, container, { options, undo });
		const held = undo.move();
		return {
			root: archiveRoot(context, container, options),
			bare: bareRoot(context, container),
			changes: changeSource(context, container),
			[Symbol.asyncDispose]: () => held.disposeAsync(),
		};
	}
	assertAwake(container);
	const running = container.run?.task.files();
	if (running !== undefined) return reached(context, container, await running, undo.move());
	if (options.locked !== true) undo.use(await context.locks.acquire(container.id, options.signal));
	// It may have started while others held the lock.
	const started = container.run?.task.files();
	if (started !== undefined) return reached(context, container, await started, undo.move());
	await awaitLeaving(container);
	await holdVolumes(context, container, { options, undo });
	const spec = await filesSpec(context, container, options, undo);
	undo.defer(() => removeTreeSync(filesFolder(context, container.id)));
	const opened = await driverOf(context, container.record).openFiles!(spec, options.signal);
	undo.use(opened);
	return reached(context, container, opened, undo.move());
}

/** Their data is there for as long as the files are reached. */
async function holdVolumes(
	context: Context,
	container: Container,
	{ options, undo }: { readonly options: ReachOptions; readonly undo: AsyncDisposableStack },
): Promise<void> {
	if (!options.binds) return;
	const holder = `files ${randomUUID()}`;
	await mountVolumes(context, container.record, holder);
	undo.defer(() => context.volumes.unmount(holder));
}

/** A machine that is stopped serves nothing. */
function assertAwake({ record }: Container): void {
	if (record.state.status !== "paused") return;
	throw new EngineError(
		"conflict",
		`container ${record.name} is a paused machine, which cannot serve its files: unpause it first`,
	);
}

function reached(
	context: Context,
	container: Container,
	files: MachineFiles,
	held: AsyncDisposableStack,
): ReachedFiles {
	return {
		root: { kind: "directory", path: files.rootPath },
		bare: machineTree(context, container, files),
		changes: machineChanges(context, container, files.upperPath),
		[Symbol.asyncDispose]: () => held.disposeAsync(),
	};
}

function bareRoot(context: Context, container: Container): ArchiveRoot {
	if (container.run !== undefined) return archiveRoot(context, container, { binds: false });
	return { kind: "mounts", mounts: context.snapshots.mounts(container.id, { readOnly: true }) };
}
