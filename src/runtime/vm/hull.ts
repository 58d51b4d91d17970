import { removeTree } from "../../lib/index.ts";
import type { MachineFiles, TaskLocation } from "../contract.ts";
import { lostExit } from "../process/exit-file.ts";
import { startError } from "../process/start-error.ts";
import { type Connection, frameType, type TaskHull } from "../session/index.ts";
import { clockFields } from "./configure-fields.ts";
import type { VmContext } from "./context.ts";
import { endUnreachable } from "./end-unreachable.ts";
import { fitUpdate } from "./fit-update.ts";
import { limitFields, processFields } from "./guest-fields.ts";
import { parseGuestProcesses } from "./guest-processes.ts";
import { parseGuestStats } from "./guest-stats.ts";
import { mountInMachine, unmountInMachine } from "./live-mount.ts";
import { readMachineFile } from "./machine-file.ts";
import { mountMachineFiles } from "./machine-files.ts";
import type { MachineSize } from "./machine-size.ts";
import { withQmp } from "./qmp/connect.ts";
import { clearLoader } from "./save/clear-loader.ts";
import { saveMachine } from "./save/save-machine.ts";

/** What a machine adds to a supervised task: its guest answers for the inside, QEMU for the whole. */
export function vmHull(
	context: VmContext,
	machine: {
		readonly location: TaskLocation;
		readonly connection: Connection;
		readonly size: MachineSize | undefined;
	},
	prepareStart?: () => Promise<void>,
): TaskHull {
	const { location, connection } = machine;
	const running = (pid: number) => ({ shimPath: context.options.shimPath, pid, connection });
	let files: Promise<MachineFiles> | undefined;
	return {
		startError,
		lostExit: async (startedAt) => lostExit(location, startedAt),
		remove: () => removeMachine(context, location),
		...(prepareStart === undefined ? {} : { prepareStart }),
		execFields: processFields,
		killed: () => endUnreachable(location),
		pause: () => withQmp(location, async (qmp) => void (await qmp.execute("stop"))),
		async resume() {
			await withQmp(location, (qmp) => qmp.execute("cont"));
			await connection.request(frameType.configure, clockFields());
		},
		pids: (pid) => context.cgroups.listPids(pid, location.id),
		guestProcesses: async () => parseGuestProcesses(await connection.request(frameType.processes)),
		stats: async () => parseGuestStats(await connection.request(frameType.stats)),
		async update(pid, resources) {
			const { size } = machine;
			const fit = size === undefined ? { resources, warnings: [] } : fitUpdate(resources, size);
			await connection.request(frameType.update, limitFields(fit.resources));
			const { quota, period } = resources.cpu ?? {};
			if (quota === undefined) return fit.warnings;
			const cpu = { quota, ...(period === undefined ? {} : { period }) };
			context.cgroups.updateResources(pid, { cpu }, location.id);
			return fit.warnings;
		},
		mount: (pid, tree, options) => mountInMachine(running(pid), tree, options),
		unmount: (pid, target, options) => unmountInMachine(running(pid), target, options),
		rootPath: () => undefined,
		async changeLines(target, { drop, add }) {
			await connection.request(frameType.update, [
				["file-target", target],
				...drop.map((line) => ["file-drop", line] as const),
				...add.map((line) => ["file-add", line] as const),
			]);
		},
		save: (order) => saveMachine(context, { location, connection }, order),
		files() {
			files ??= mountMachineFiles(connection, location);
			files.catch(() => {
				files = undefined;
			});
			return files;
		},
	};
}

/**
 * What is left of a machine that has ended: its control group, what was saving it, its user, and the folder that says
 * so. Idempotent.
 */
export async function removeMachine(context: VmContext, location: TaskLocation): Promise<void> {
	const file = readMachineFile(location.runDir);
	if (file !== undefined) await context.cgroups.remove(file.cgroup);
	await clearLoader(context, location.id);
	context.users.giveBack(location.id);
	await removeTree(location.runDir);
}
