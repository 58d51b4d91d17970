import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeTreeSync, translateSystemError } from "../../lib/index.ts";
import type { TaskSpec } from "../contract.ts";
import {
	type Connection,
	frameType,
	type RequestFields,
	startSupervisor,
	streamPrepareFields,
} from "../session/index.ts";
import type { VmContext } from "./context.ts";
import { makeControlGroup } from "./control-group.ts";
import { jailFields, jailMounts, provideFiles } from "./jail.ts";
import { letGo } from "./let-go.ts";
import { writeMachineFile } from "./machine-file.ts";
import { makeMigrationFolder, sendState } from "./migration-socket.ts";
import type { MachinePlan } from "./plan-machine.ts";
import { jailPaths, qemuArguments } from "./qemu-arguments.ts";
import { withQmp } from "./qmp/connect.ts";
import { shareCapabilities } from "./share-capabilities.ts";
import { migrateIn } from "./template/migrate.ts";
import type { Template } from "./template/templates.ts";

export interface StartedMachine {
	/** To its supervisor. */
	readonly connection: Connection;
}

/**
 * Starts supervisor and QEMU. Booting, it resolves at once, and what goes wrong is told by the next request; from a
 * template, when the machine runs. Leaves no process behind on failure.
 */
export async function startMachine(
	context: VmContext,
	plan: MachinePlan,
	template?: Template,
): Promise<StartedMachine> {
	const { spec, sandbox, size, uid } = plan;
	const parts = {
		vmDir: context.options.vmDir,
		disk: plan.disk,
		shared: plan.mounts.shared,
		template: template?.folder,
	};
	try {
		mkdirSync(spec.stateDir, { recursive: true, mode: 0o710 });
		removeTreeSync(spec.runDir);
		provideFiles(spec, parts, uid);
	} catch (error) {
		throw translateSystemError(error, `container ${spec.id}`);
	}
	writeMachineFile(spec.runDir, {
		uid,
		cgroup: groupPath(spec),
		size,
		cards: sandbox.tapFds.length,
		links: sandbox.links,
		added: [],
	});
	const groups = makeControlGroup(groupPath(spec), context.cgroups.layout, {
		size,
		cpu: spec.spec.linux.resources?.cpu,
	});
	const migration = join(spec.runDir, "migrate");
	makeMigrationFolder(migration, uid);
	const connection = startSupervisor(spec, {
		command: [context.options.shimPath, "--vm", String(sandbox.tapFds.length)],
		trees: spec.trees,
		descriptors: sandbox.tapFds,
	});
	const fields = prepareFields(plan, {
		groups,
		jail: jailFields(jailMounts(spec, parts)),
		start: template === undefined ? "boot" : "restore",
	});
	const prepared = connection.request(frameType.prepare, fields);
	// START reports it again.
	prepared.catch(() => {});
	if (template === undefined) return { connection };
	try {
		await prepared;
		await withQmp(spec, (qmp) => migrateIn(qmp, () => sendState(migration, template.state)));
		return { connection };
	} catch (error) {
		await letGo(connection);
		await context.cgroups.remove(groupPath(spec));
		throw error;
	}
}

export function groupPath({ id, spec }: TaskSpec): string {
	return spec.linux.cgroupsPath ?? `/hull/${id}`;
}

function prepareFields(
	plan: MachinePlan,
	how: {
		readonly groups: readonly string[];
		readonly jail: RequestFields;
		readonly start: "boot" | "restore";
	},
): RequestFields {
	const { spec, facts, sandbox, size, uid } = plan;
	const { root, volatile } = spec.machine!;
	const upper = root.upper === undefined ? "none" : volatile ? "volatile" : "durable";
	const qemu = qemuArguments({
		size,
		accelerator: facts.accelerator,
		tscKhz: facts.tscKhz,
		taps: sandbox.tapFds.length,
		disks: { layers: true, upper },
		start: how.start,
	});
	const needsRights = plan.mounts.shared.length > 0;
	return [
		["vm-program", facts.qemuPath],
		...qemu.map((argument) => ["vm-argument", argument] as const),
		...(how.start === "restore" ? [["vm-preload", jailPaths.sharedMemory] as const] : []),
		["vm-uid", uid],
		["vm-gid", uid],
		...(needsRights ? shareCapabilities : []).map((name) => ["vm-capability", name] as const),
		...how.groups.map((folder) => ["vm-cgroup", folder] as const),
		["vm-volatile", volatile],
		...restoredFields(spec),
		...how.jail,
		...streamPrepareFields(spec),
	];
}

/** Its container runs already: the supervisor takes it over instead of starting it. */
function restoredFields({ machine }: TaskSpec): RequestFields {
	if (machine?.saved === undefined) return [];
	return [
		["vm-restored", true],
		["started-at", machine.saved.startedAt],
	];
}
