import { mkdirSync, renameSync } from "node:fs";
import { removeTreeSync, translateSystemError } from "../../../lib/index.ts";
import { frameType, streamPrepareFields } from "../../session/index.ts";
import type { VmContext } from "../context.ts";
import { makeControlGroup } from "../control-group.ts";
import { diskMounts, jailFields, provideFiles } from "../jail.ts";
import { writeMachineFile } from "../machine-file.ts";
import type { MachinePlan } from "../plan-machine.ts";
import { jailPaths } from "../qemu-arguments.ts";
import { withQmp } from "../qmp/connect.ts";
import { layersBackNode, upperFile } from "../save/layers-away.ts";
import type { StartedMachine } from "../start-machine.ts";
import type { Spare } from "./spare.ts";

/**
 * Makes a spare machine a container's: its folder gets the container's name, its supervisor the container's log and
 * streams, its QEMU the container's disks; then it goes on. What fails leaves the spare to be ended by its owner.
 *
 * Crash windows: as of any machine that was not told to start. Its supervisor leaves with this daemon; the folder,
 * under either name, says which control group is to be removed.
 */
export async function claimSpare(
	context: VmContext,
	plan: MachinePlan,
	spare: Spare,
): Promise<StartedMachine> {
	const { spec, size, uid } = plan;
	const { connection } = spare;
	const parts = { vmDir: context.options.vmDir, disk: plan.disk, shared: [], template: undefined };
	try {
		mkdirSync(spec.stateDir, { recursive: true, mode: 0o710 });
		writeMachineFile(spare.runDir, {
			uid,
			cgroup: spare.group,
			size,
			cards: plan.sandbox.tapFds.length,
			links: plan.sandbox.links,
			added: [],
		});
		removeTreeSync(spec.runDir);
		renameSync(spare.runDir, spec.runDir);
		provideFiles(spec, parts, uid);
	} catch (error) {
		throw translateSystemError(error, `container ${spec.id}`);
	}
	const { cpu } = spec.spec.linux.resources ?? {};
	if (cpu !== undefined) makeControlGroup(spare.group, context.cgroups.layout, { size, cpu });
	await connection.request(frameType.prepare, [
		["claim-id", spec.id],
		["claim-run-dir", spec.runDir],
		["claim-state-dir", spec.stateDir],
		["vm-volatile", spec.machine!.volatile],
		...jailFields(diskMounts(spec)),
		...streamPrepareFields(spec),
	]);
	await exchangeDisks(plan);
	return { connection };
}

/** In one write, in order; QEMU answers each. */
async function exchangeDisks({ spec }: MachinePlan): Promise<void> {
	const { root, volatile } = spec.machine!;
	await withQmp(spec, async (qmp) => {
		const layers = { driver: "file", filename: jailPaths.layers, locking: "off", "read-only": true };
		const raw = { driver: "raw", "node-name": "layers", "read-only": true, file: layersBackNode };
		const commands = [
			qmp.execute("blockdev-add", {
				driver: "vmdk",
				"node-name": layersBackNode,
				"read-only": true,
				file: layers,
			}),
			qmp.execute("blockdev-reopen", { options: [raw] }),
		];
		if (root.upper !== undefined) {
			const cache = { "no-flush": volatile };
			commands.push(
				qmp.execute("blockdev-add", {
					driver: "file",
					"node-name": upperFile,
					filename: jailPaths.upper,
					discard: "unmap",
					cache,
				}),
				qmp.execute("blockdev-reopen", {
					options: [{ driver: "raw", "node-name": "upper", discard: "unmap", file: upperFile }],
				}),
			);
		}
		commands.push(qmp.execute("cont"));
		await Promise.all(commands);
	});
}
