import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { abortable, removeTreeSync, syncDirectory } from "../../../lib/index.ts";
import { frameType, startSupervisor } from "../../session/index.ts";
import type { VmContext } from "../context.ts";
import { makeControlGroup } from "../control-group.ts";
import { type JailMount, jailFields, memoryMount, migrationMount, programMounts } from "../jail.ts";
import { letGo } from "../let-go.ts";
import { makeMemoryFile, sealMemoryFile, syncMemory } from "../memory-file.ts";
import { makeMigrationFolder, receiveState } from "../migration-socket.ts";
import { qemuArguments } from "../qemu-arguments.ts";
import { withQmp } from "../qmp/connect.ts";
import { migrateOut } from "./migrate.ts";
import { type TemplateOrder, templateOptions } from "./templates.ts";

/**
 * Boots a machine that is nobody's, waits until hull-guest answers, and freezes it: its memory is a file, its state
 * another. Nothing of the machine runs on.
 */
export async function makeTemplate(
	context: VmContext,
	order: TemplateOrder,
	signal: AbortSignal,
): Promise<void> {
	const { folder, key, size, facts } = order;
	const id = `template-${key}`;
	const part = `${folder}.part`;
	const location = { id, runDir: join(templateRuns(context), key), stateDir: part };
	const group = templateGroup(context, key);
	await using undo = new AsyncDisposableStack();
	undo.defer(() => {
		removeTreeSync(part);
		removeTreeSync(location.runDir);
		context.users.giveBack(id);
	});
	const uid = context.users.take(id);
	for (const path of [part, location.runDir]) {
		removeTreeSync(path);
		mkdirSync(path, { recursive: true, mode: 0o711 });
	}
	makeMemoryFile(part, size.memoryBytes, uid);
	const groups = makeControlGroup(group, context.cgroups.layout, { size, cpu: undefined });
	undo.defer(() => context.cgroups.remove(group));
	const folderOfState = join(location.runDir, "migrate");
	makeMigrationFolder(folderOfState, uid);
	await using migration = await receiveState(folderOfState);
	const connection = startSupervisor(location, {
		command: [context.options.shimPath, "--vm", "0"],
		descriptors: [],
	});
	undo.defer(() => letGo(connection));
	const jail: JailMount[] = [
		...programMounts(context.options.vmDir),
		memoryMount(part),
		migrationMount(location.runDir),
	];
	const prepared = connection.request(frameType.prepare, [
		["vm-program", facts.qemuPath],
		...qemuArguments(templateOptions(size, facts)).map((word) => ["vm-argument", word] as const),
		["vm-uid", uid],
		["vm-gid", uid],
		["vm-volatile", true],
		...groups.map((path) => ["vm-cgroup", path] as const),
		...jailFields(jail),
		["log-driver", "none"],
		["log-max-size", 0],
		["log-max-files", 1],
	]);
	await abortable(prepared, signal);
	// Answered by the guest, once it is up and waits.
	await abortable(connection.request(frameType.configure), signal);
	const received = migration.receive();
	received.catch(() => undefined);
	await withQmp(location, migrateOut);
	const state = await abortable(received, signal);
	await letGo(connection);
	sealMemoryFile(part);
	writeFileSync(join(part, "state"), state, { mode: 0o600 });
	await syncMemory(part);
	chmodSync(part, 0o711);
	renameSync(part, folder);
	syncDirectory(join(folder, ".."));
}

function templateRuns(context: VmContext): string {
	return join(context.options.runRoot, "templates");
}

/** Another engine of this host may make the same template: whoever is done first must not end the other's QEMU. */
function templateGroup(context: VmContext, key: string): string {
	const engine = createHash("sha256").update(context.options.runRoot).digest("hex").slice(0, 8);
	return `/hull/template-${engine}-${key}`;
}

/** What a daemon that was killed left of one that it was making; its supervisor left by itself. */
export async function clearTemplateRuns(context: VmContext): Promise<void> {
	const folder = templateRuns(context);
	if (!existsSync(folder)) return;
	for (const key of readdirSync(folder)) {
		await context.cgroups.remove(templateGroup(context, key));
		removeTreeSync(join(folder, key));
	}
}
