import { mkdirSync } from "node:fs";
import { removeTreeSync } from "../../../lib/index.ts";
import { frameType, startSupervisor } from "../../session/index.ts";
import type { VmContext } from "../context.ts";
import { makeControlGroup } from "../control-group.ts";
import { type JailMount, jailFields, memoryMount, programMounts } from "../jail.ts";
import type { MachineSize } from "../machine-size.ts";
import { makeMemoryFile } from "../memory-file.ts";
import { qemuArguments } from "../qemu-arguments.ts";
import { createVmSandbox } from "../sandbox.ts";
import { loaderOf } from "./clear-loader.ts";

export interface LoaderOrder {
	/** The machine that it loads. */
	readonly id: string;
	/** Gets the file `memory`. */
	readonly folder: string;
	/** Where it meets the machine's QEMU; both run under one user id. */
	readonly migrationFolder: string;
	readonly uid: number;
	readonly size: MachineSize;
	/** Cards with taps behind them, as the machine has: QEMU restores onto nothing else. */
	readonly cards: number;
}

/**
 * A QEMU that takes a machine over and never runs it: its memory is a file that those restored from it share. Ends
 * with the stack that it is put on.
 */
export async function startLoader(
	context: VmContext,
	order: LoaderOrder,
	undo: AsyncDisposableStack,
): Promise<{ readonly id: string; readonly runDir: string }> {
	const { size, uid, folder } = order;
	const { id, runDir, group } = loaderOf(context, order.id);
	const location = { id, runDir, stateDir: folder };
	undo.defer(() => removeTreeSync(location.runDir));
	removeTreeSync(location.runDir);
	mkdirSync(location.runDir, { recursive: true, mode: 0o711 });
	makeMemoryFile(folder, size.memoryBytes, uid);
	const groups = makeControlGroup(group, context.cgroups.layout, { size, cpu: undefined });
	undo.defer(() => context.cgroups.remove(group));
	await using sandbox = createVmSandbox({ id, network: { kind: "own", endpoints: order.cards } });
	const connection = startSupervisor(location, {
		command: [context.options.shimPath, "--vm", String(sandbox.tapFds.length)],
		descriptors: sandbox.tapFds,
	});
	undo.defer(async () => {
		connection.destroy();
		await connection.closed;
	});
	const { accelerator, tscKhz, qemuPath } = await context.probe.facts();
	const disks = { layers: false, upper: "none" } as const;
	const qemu = qemuArguments({ size, accelerator, tscKhz, taps: order.cards, disks, start: "load" });
	const options = ["bind", "nosuid", "nodev", "noexec"];
	const jail: JailMount[] = [
		...programMounts(context.options.vmDir),
		memoryMount(folder),
		{ type: "bind", source: order.migrationFolder, target: "/migrate", options },
	];
	await connection.request(frameType.prepare, [
		["vm-program", qemuPath],
		...qemu.map((word) => ["vm-argument", word] as const),
		["vm-uid", uid],
		["vm-gid", uid],
		["vm-volatile", true],
		// Its guest never answers.
		["vm-boot-timeout-ms", 60 * 60 * 1000],
		...groups.map((path) => ["vm-cgroup", path] as const),
		...jailFields(jail),
		["log-driver", "none"],
		["log-max-size", 0],
		["log-max-files", 1],
	]);
	return location;
}
