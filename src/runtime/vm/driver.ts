import { totalmem } from "node:os";
import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import { createCgroups } from "../cgroups/cgroups.ts";
import type { RuntimeDriver } from "../contract.ts";
import { readExit } from "../process/exit-file.ts";
import type { VmContext, VmDriverOptions } from "./context.ts";
import { createTask } from "./create-task.ts";
import { removeMachine } from "./hull.ts";
import { readMachineFile } from "./machine-file.ts";
import { createMachineUsers } from "./machine-users.ts";
import { openFiles } from "./open-files.ts";
import { openTask } from "./open-task.ts";
import { clearSpares } from "./pool/clear-spares.ts";
import { findSpare } from "./pool/find-spare.ts";
import { makeSpare } from "./pool/make-spare.ts";
import { createPool, type PoolState } from "./pool/pool.ts";
import { createVmProbe, type VmFacts } from "./probe.ts";
import { runningSandbox } from "./running-sandbox.ts";
import { createVmSandbox } from "./sandbox.ts";
import { clearTemplateRuns, makeTemplate } from "./template/make.ts";
import { createTemplates } from "./template/templates.ts";

export interface VmDriver extends RuntimeDriver {
	/** What this host has for machines. `unavailable` names what is missing and how to get it. */
	facts(): Promise<VmFacts>;
	/** What is kept ready. */
	pool(): PoolState;
	/** Waits for templates and spare machines that are being made. */
	settle(): Promise<void>;
	/** Gives up work in the background; machines run on. */
	close(): Promise<void>;
}

/** The pool's machines together are at most this part of the host's memory. */
const poolShare = 4;
const defaultMemoryBytes = 512 * 2 ** 20;

/** A kernel of its own for each container: QEMU under hull-shim, hull-guest inside. */
export function createVmDriver(options: VmDriverOptions): VmDriver {
	const base: Omit<VmContext, "templates" | "pool"> = {
		options: { ...options, defaultMemoryBytes: options.defaultMemoryBytes ?? defaultMemoryBytes },
		cgroups: options.cgroups ?? createCgroups(),
		users: createMachineUsers(options.firstUid),
		probe: createVmProbe(options.vmDir),
		connections: new WeakMap(),
		log: options.log,
		hostMemoryBytes: totalmem(),
	};
	const context: VmContext = {
		...base,
		templates: createTemplates({
			root: join(options.dataRoot, "vm", "templates"),
			vmDir: options.vmDir,
			log: options.log,
			make: (order, signal) => makeTemplate(context, order, signal),
			clear: () => clearTemplateRuns(context),
		}),
		pool: createPool({
			perSize: options.poolSize ?? 0,
			maxBytes: base.hostMemoryBytes / poolShare,
			log: options.log,
			templates: () => context.templates.settle(),
			find: (size, facts) => context.templates.find(size, facts),
			make: (order, signal) => makeSpare(context, order, signal),
			clear: () => clearSpares(context),
		}),
	};
	return {
		isolation: "vm",
		assertUsable: async () => void (await context.probe.facts()),
		facts: () => context.probe.facts(),
		pool: () => context.pool.state(),
		async settle() {
			await context.templates.settle();
			await context.pool.settle();
		},
		async close() {
			await context.pool.close();
			await context.templates.close();
		},
		createSandbox: async (spec) => createVmSandbox(spec, await findSpare(context, spec)),
		async joinSandbox(task) {
			throw new EngineError(
				"not_implemented",
				`isolation vm: a second container in the machine of ${task.id} is not supported yet`,
			);
		},
		openSandbox: async (task) => runningSandbox(context, task),
		createTask: (sandbox, spec, signal) => createTask(context, sandbox, { spec, signal }),
		openFiles: (spec, signal) => openFiles(context, spec, signal),
		openTask: (location) => openTask(context, location),
		readExit: async (location) => readExit(location),
		// QEMU dies with its supervisor and its taps with it; the control group is emptied in any case.
		cleanup: (location) => removeMachine(context, location),
		owns: ({ runDir }) => readMachineFile(runDir) !== undefined,
	};
}
