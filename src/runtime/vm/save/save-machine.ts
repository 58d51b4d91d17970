import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../../lib/index.ts";
import type { SaveOrder, TaskLocation } from "../../contract.ts";
import { type Connection, frameType } from "../../session/index.ts";
import { clockFields } from "../configure-fields.ts";
import type { VmContext } from "../context.ts";
import { readMachineFile, writeMachineFile } from "../machine-file.ts";
import { receiveState } from "../migration-socket.ts";
import { withQmp } from "../qmp/connect.ts";
import { copyOut, migrateOut, takeIn } from "../template/migrate.ts";
import { layersAway } from "./layers-away.ts";
import { startLoader } from "./start-loader.ts";

/**
 * Puts a machine that runs into a folder: `memory`, which those restored from it map privately and so share, and
 * `state`. Its file system is frozen and the machine stands while its memory is copied and `copyDisk` runs; then it
 * goes on, whatever went wrong.
 *
 * Crash windows: a machine whose daemon dies meanwhile stays stopped and its file system frozen, and no later daemon
 * brings it on: it must be killed and started again. The folder counts for nothing until its owner says so.
 */
export async function saveMachine(
	context: VmContext,
	machine: { readonly location: TaskLocation; readonly connection: Connection },
	{ folder, copyDisk }: SaveOrder,
): Promise<void> {
	const { location, connection } = machine;
	const file = readMachineFile(location.runDir);
	if (file === undefined)
		throw new EngineError("unavailable", `container ${location.id}: nothing is known of its machine`);
	const migrationFolder = join(location.runDir, "migrate");
	await using undo = new AsyncDisposableStack();
	const loader = await startLoader(
		context,
		{ id: location.id, folder, migrationFolder, uid: file.uid, size: file.size, cards: file.cards },
		undo,
	);
	{
		await using _going = await standStill(location, connection);
		await withQmp(location, async (source) => {
			await using _layers = await layersAway(source);
			await withQmp(loader, (target) => takeIn(target, () => copyOut(source)));
		});
		await copyDisk();
	}
	rmSync(join(migrationFolder, "state"), { force: true });
	await using receiver = await receiveState(migrationFolder);
	const received = receiver.receive();
	received.catch(() => undefined);
	await withQmp(loader, migrateOut);
	writeFileSync(join(folder, "state"), await received, { mode: 0o600 });
	writeMachineFile(folder, file);
}

/** Everything is on the disk, and nothing moves, until the result is disposed of. */
async function standStill(location: TaskLocation, connection: Connection): Promise<AsyncDisposable> {
	await using undo = new AsyncDisposableStack();
	undo.defer(async () => {
		await connection.request(frameType.freeze);
		await connection.request(frameType.configure, clockFields());
	});
	await connection.request(frameType.freeze, [["on", true]]);
	undo.defer(() => withQmp(location, async (qmp) => void (await qmp.execute("cont"))));
	await withQmp(location, (qmp) => qmp.execute("stop"));
	return undo.move();
}
