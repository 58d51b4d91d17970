import { abortable, EngineError, failpoint } from "../../../lib/index.ts";
import type { QmpConnection } from "../qmp/connection.ts";

const deadlineMs = 30_000;
/** By translation memory is copied at some 50 MB/s. */
const wholeMemoryDeadlineMs = 10 * 60_000;

/** Unless it is to be copied, memory stays in the file that it lies in; each change of the state is an event. */
function capabilities(wholeMemory: boolean) {
	return [
		{ capability: "x-ignore-shared", state: !wholeMemory },
		{ capability: "events", state: true },
	];
}

/** In the jail of whoever migrates. */
const uri = "unix:/migrate/state";

/** Sends the machine's state to the socket. The machine stands then. */
export async function migrateOut(qmp: QmpConnection): Promise<void> {
	await qmp.execute("migrate-set-parameters", { "max-bandwidth": 2 ** 40 });
	await migrate(qmp, "migrate");
}

/** Sends all of a machine that stands, memory and state, to the QEMU that listens. */
export async function copyOut(qmp: QmpConnection): Promise<void> {
	await qmp.execute("migrate-set-parameters", { "max-bandwidth": 2 ** 40 });
	await migrate(qmp, "migrate", { wholeMemory: true, begun: () => failpoint("vm.save.while-copying") });
}

/** Listens for all of a machine, which `send` then sends. */
export async function takeIn(qmp: QmpConnection, send: () => Promise<void>): Promise<void> {
	await migrate(qmp, "migrate-incoming", { wholeMemory: true, send });
}

/** Takes the state from the socket, to which `send` writes once QEMU listens; the machine then runs. */
export async function migrateIn(qmp: QmpConnection, send: () => Promise<void>): Promise<void> {
	await migrate(qmp, "migrate-incoming", { send });
}

async function migrate(
	qmp: QmpConnection,
	command: string,
	how: {
		readonly wholeMemory?: boolean;
		readonly send?: () => Promise<void>;
		readonly begun?: () => void;
	} = {},
): Promise<void> {
	const { wholeMemory = false, send, begun } = how;
	await qmp.execute("migrate-set-capabilities", { capabilities: capabilities(wholeMemory) });
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const stop = qmp.onEvent((event, data) => {
		if (event === "SHUTDOWN") reject(new EngineError("unavailable", "qemu ended while it migrated"));
		if (event !== "MIGRATION") return;
		const status =
			typeof data === "object" && data !== null ? (data as { status?: unknown }).status : undefined;
		if (status === "completed") resolve();
		if (status === "failed" || status === "cancelled")
			reject(new EngineError("runtime_failed", "qemu could not migrate the machine"));
	});
	promise.catch(() => undefined);
	try {
		await qmp.execute(command, { uri });
		begun?.();
		const deadline = AbortSignal.timeout(wholeMemory ? wholeMemoryDeadlineMs : deadlineMs);
		// Whichever end fails first is the reason; the other may never hear of it.
		await Promise.all([send?.(), abortable(promise, deadline)]);
	} finally {
		stop();
	}
}
