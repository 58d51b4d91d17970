import { delay, EngineError, inTime } from "../../../lib/index.ts";
import type { TaskLocation } from "../../contract.ts";
import { type Connection, frameType } from "../../session/index.ts";
import { clockFields } from "../configure-fields.ts";
import { withQmp } from "../qmp/connect.ts";
import type { QmpConnection } from "../qmp/connection.ts";
import { layersBack } from "./layers-away.ts";

/** The guest thaws at once; one that does not answer holds nobody up. */
const thawMs = 20_000;
const qemuMs = 30_000;
const lookAgainMs = 20;

/**
 * Lets a machine go on that stands because it is being saved, from wherever the save got to. Idempotent. Errors:
 * `timed_out` naming what does not answer, `unavailable` when the machine has ended.
 */
export async function goOn(location: TaskLocation, connection: Connection): Promise<void> {
	const going = withQmp(location, async (qmp) => {
		await endMigration(qmp);
		await layersBack(qmp);
		await qmp.execute("cont");
	});
	await inTime(going, qemuMs, `letting machine ${location.id} go on`);
	const thawed = Promise.all([
		connection.request(frameType.freeze),
		connection.request(frameType.configure, clockFields()),
	]);
	await inTime(thawed, thawMs, `thawing the file system of machine ${location.id}`);
}

/** Gives up a migration that nobody waits for: while one is under way no disk can be exchanged. */
async function endMigration(qmp: QmpConnection): Promise<void> {
	let cancelled = false;
	for (const end = Date.now() + qemuMs; Date.now() < end; await delay(lookAgainMs)) {
		const status = migrationStatus(await qmp.execute("query-migrate"));
		if (isOver.has(status)) return;
		if (!cancelled) await qmp.execute("migrate_cancel");
		cancelled = true;
	}
	throw new EngineError("timed_out", "qemu does not give its migration up");
}

/** Of `MigrationStatus`; without one there never was a migration. */
const isOver: ReadonlySet<string | undefined> = new Set([
	undefined,
	"none",
	"cancelled",
	"completed",
	"failed",
]);

function migrationStatus(answer: unknown): string | undefined {
	const status = (answer as { status?: unknown } | null)?.status;
	if (status === undefined || typeof status === "string") return status;
	throw new EngineError("corrupt", "qemu's answer about a migration makes no sense");
}
