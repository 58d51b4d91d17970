import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { abortable, EngineError, removeTreeSync } from "../../../lib/index.ts";
import { runCommand } from "../../../sys/index.ts";
import { type Connection, frameType, startSupervisor } from "../../session/index.ts";
import type { VmContext } from "../context.ts";
import { makeControlGroup } from "../control-group.ts";
import { type JailMount, jailFields, memoryMount, migrationMount, programMounts } from "../jail.ts";
import { letGo } from "../let-go.ts";
import { makeMigrationFolder, sendState } from "../migration-socket.ts";
import { jailPaths, qemuArguments } from "../qemu-arguments.ts";
import { withQmp } from "../qmp/connect.ts";
import { createVmSandbox } from "../sandbox.ts";
import { migrateIn } from "../template/migrate.ts";
import { rehearsalFields, rehearsalFiles, rehearsalIdentity } from "./rehearsal.ts";
import type { Spare, SpareOrder } from "./spare.ts";

const rehearsals = 2;
/** By translation a rehearsal takes half a second on a quiet host. */
const rehearsalMs = 60_000;

/** Folder of the spares' run folders; the names of spares begin with this too. */
export function sparesRoot(context: VmContext): string {
	return join(context.options.runRoot, "spares");
}

export function spareGroup(id: string): string {
	return `/hull/${id}`;
}

/**
 * Restores a machine and goes through the start of a container in it: QEMU has then translated what a start runs, which
 * by TCG is most of its time. It stands when this resolves.
 *
 * Crash windows: its supervisor leaves with this daemon's connection, its taps end with it; the next daemon removes
 * folder and group (`clearSpares`).
 */
export async function makeSpare(context: VmContext, order: SpareOrder, signal: AbortSignal): Promise<Spare> {
	const { size } = order;
	const id = `spare-${randomBytes(8).toString("hex")}`;
	const runDir = join(sparesRoot(context), id);
	const location = { id, runDir, stateDir: runDir };
	await using undo = new AsyncDisposableStack();
	undo.defer(() => {
		removeTreeSync(runDir);
		context.users.giveBack(id);
	});
	const uid = context.users.take(id);
	mkdirSync(runDir, { recursive: true, mode: 0o711 });
	await copyUpper(context, runDir, uid);
	const group = spareGroup(id);
	const groups = makeControlGroup(group, context.cgroups.layout, { size, cpu: undefined });
	undo.defer(() => context.cgroups.remove(group));
	const migration = join(runDir, "migrate");
	makeMigrationFolder(migration, uid);
	const sandbox = undo.use(createVmSandbox({ id, network: { kind: "own", endpoints: 1 } }));
	const connection = startSupervisor(location, {
		command: [context.options.shimPath, "--vm", String(sandbox.tapFds.length)],
		descriptors: sandbox.tapFds,
	});
	undo.defer(() => letGo(connection));
	await abortable(
		connection.request(frameType.prepare, prepareFields(context, order, { runDir, uid, groups })),
		signal,
	);
	await withQmp(location, (qmp) => migrateIn(qmp, () => sendState(migration, order.template.state)));
	await rehearse(context, connection, signal);
	await withQmp(location, (qmp) => qmp.execute("stop"));
	const done = undo.move();
	const pid = await connection.supervisorPid();
	return {
		...{ id, pid, runDir, size, uid, group, connection, tapFds: sandbox.tapFds },
		end: () => done.disposeAsync(),
	};
}

async function rehearse(context: VmContext, connection: Connection, signal: AbortSignal): Promise<void> {
	const fields = rehearsalFields(statSync(join(context.options.vmDir, rehearsalFiles.layers)).size);
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(rehearsalMs)]);
	for (let time = 0; time < rehearsals; time++) {
		await abortable(connection.request(frameType.configure, rehearsalIdentity()), deadline);
		await abortable(connection.request(frameType.guestPrepare, fields), deadline);
	}
}

async function copyUpper(context: VmContext, runDir: string, uid: number): Promise<void> {
	const source = join(context.options.vmDir, rehearsalFiles.upper);
	const target = upperOf(runDir);
	const copied = await runCommand(["cp", "--reflink=auto", "--sparse=always", "--", source, target]);
	if (copied?.exitCode !== 0)
		throw new EngineError(
			"unavailable",
			`cannot copy ${source}: ${copied?.stderr.trim() ?? "no program cp"}`,
		);
	chownSync(target, uid, uid);
	chmodSync(target, 0o600);
}

function upperOf(runDir: string): string {
	return join(runDir, rehearsalFiles.upper);
}

function prepareFields(
	context: VmContext,
	{ size, facts, template }: SpareOrder,
	at: { readonly runDir: string; readonly uid: number; readonly groups: readonly string[] },
) {
	const bind = (source: string, target: string, ...options: string[]): JailMount => ({
		type: "bind",
		source,
		target,
		options: ["bind", ...options, "nosuid", "nodev"],
	});
	const jail: JailMount[] = [
		...programMounts(context.options.vmDir),
		memoryMount(template.folder, ["ro"]),
		bind(join(context.options.vmDir, "shared-memory.so"), jailPaths.sharedMemory, "ro"),
		migrationMount(at.runDir),
		bind(join(context.options.vmDir, rehearsalFiles.layers), jailPaths.rehearsalLayers, "ro"),
		bind(upperOf(at.runDir), jailPaths.rehearsalUpper),
	];
	const qemu = qemuArguments({
		size,
		accelerator: facts.accelerator,
		tscKhz: facts.tscKhz,
		taps: 1,
		disks: "rehearsal",
		start: "restore",
	});
	return [
		["vm-program", facts.qemuPath],
		...qemu.map((word) => ["vm-argument", word] as const),
		["vm-preload", jailPaths.sharedMemory],
		["vm-uid", at.uid],
		["vm-gid", at.uid],
		["vm-spare", true],
		["vm-volatile", true],
		...at.groups.map((path) => ["vm-cgroup", path] as const),
		...jailFields(jail),
		["log-driver", "none"],
		["log-max-size", 0],
		["log-max-files", 1],
	] as const;
}
