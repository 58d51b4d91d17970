import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, failpoint, inTime } from "../../../lib/index.ts";
import type { SaveOrder, TaskLocation } from "../../contract.ts";
import { type Connection, frameType } from "../../session/index.ts";
import type { VmContext } from "../context.ts";
import { type MachineFile, readMachineFile, writeMachineFile } from "../machine-file.ts";
import { sealMemoryFile } from "../memory-file.ts";
import { receiveState } from "../migration-socket.ts";
import { withQmp } from "../qmp/connect.ts";
import { copyOut, migrateOut, takeIn } from "../template/migrate.ts";
import { goOn } from "./go-on.ts";
import { layersAway } from "./layers-away.ts";
import { markSave, unmarkSave } from "./save-mark.ts";
import { startLoader } from "./start-loader.ts";

/** Syncing what a busy container wrote takes its time. */
const freezeMs = 120_000;

/**
 * Puts a machine that runs into a folder: `memory`, which those restored from it map privately and so share, and
 * `state`. Its file system is frozen and the machine stands while its memory is copied and `copyDisk` runs; then it
 * goes on, whatever went wrong.
 *
 * Crash windows: the mark is there before the loader, the freeze and all that follows, and goes last; the next daemon
 * sees it, ends the loader and lets the machine go on. The folder counts for nothing until its owner says so.
 */
export async function saveMachine(
	context: VmContext,
	machine: { readonly location: TaskLocation; readonly connection: Connection },
	order: SaveOrder,
): Promise<void> {
	const { location } = machine;
	const file = readMachineFile(location.runDir);
	if (file === undefined)
		throw new EngineError("unavailable", `container ${location.id}: nothing is known of its machine`);
	await fillFolder(context, { ...machine, file }, order);
	sealMemoryFile(order.folder);
	writeMachineFile(order.folder, file);
}

/** What loaded the machine, and may be in the hands of its guest, has ended when this resolves. */
async function fillFolder(
	context: VmContext,
	machine: {
		readonly location: TaskLocation;
		readonly connection: Connection;
		readonly file: MachineFile;
	},
	{ folder, copyDisk }: SaveOrder,
): Promise<void> {
	const { location, connection, file } = machine;
	const migrationFolder = join(location.runDir, "migrate");
	await using undo = new AsyncDisposableStack();
	let goes = true;
	markSave(location.runDir);
	undo.defer(() => {
		if (goes) unmarkSave(location.runDir);
	});
	const loader = await startLoader(
		context,
		{ id: location.id, folder, migrationFolder, uid: file.uid, size: file.size, cards: file.cards },
		undo,
	);
	{
		await using standing = new AsyncDisposableStack();
		goes = false;
		standing.defer(async () => {
			await goOn(location, connection);
			goes = true;
		});
		await standStill(location, connection);
		await copyMemory(location, loader);
		failpoint("vm.save.after-copy");
		await copyDisk();
		failpoint("vm.save.after-disk");
	}
	rmSync(join(migrationFolder, "state"), { force: true });
	await using receiver = await receiveState(migrationFolder);
	const received = receiver.receive();
	received.catch(() => undefined);
	await withQmp(loader, migrateOut);
	writeFileSync(join(folder, "state"), await received, { mode: 0o600 });
}

/** Everything is on the disk, and nothing moves. */
async function standStill(location: TaskLocation, connection: Connection): Promise<void> {
	const frozen = connection.request(frameType.freeze, [["on", true]]);
	await inTime(frozen, freezeMs, `freezing the file system of machine ${location.id}`);
	failpoint("vm.save.after-freeze");
	await withQmp(location, (qmp) => qmp.execute("stop"));
}

async function copyMemory(
	location: TaskLocation,
	loader: { readonly id: string; readonly runDir: string },
): Promise<void> {
	await withQmp(location, async (source) => {
		await layersAway(source);
		failpoint("vm.save.after-layers-away");
		await withQmp(loader, (target) => takeIn(target, () => copyOut(source)));
	});
}
