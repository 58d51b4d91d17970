import { chmodSync, mkdirSync } from "node:fs";
import { EngineError, removeTreeSync, translateSystemError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { isolationOf } from "../isolation.ts";
import { plannedSecrets } from "../secrets/plan.ts";

/**
 * Saves a machine that runs into a new folder, and its disk into the store under `key`; the caller holds the
 * container's lock. Both go with the stack, unless the caller moves it. Errors: `not_implemented` for process
 * isolation, `conflict` for a container that does not run or has files open in what it shares with the host.
 */
export async function saveContainer(
	context: Context,
	container: Container,
	target: { readonly key: string; readonly folder: string; readonly undo: AsyncDisposableStack },
): Promise<void> {
	assertCanBeSaved(container);
	const { key, folder, undo } = target;
	try {
		removeTreeSync(folder);
		mkdirSync(folder, { recursive: true, mode: 0o711 });
		chmodSync(folder, 0o711);
	} catch (error) {
		throw translateSystemError(error, folder);
	}
	undo.defer(() => removeTreeSync(folder));
	undo.defer(() => context.snapshots.remove(key));
	await container.run!.task.save({
		folder,
		copyDisk: () => context.snapshots.copyMachine(key, container.id),
	});
}

function assertCanBeSaved({ record, run }: Container): void {
	const { name } = record;
	if (isolationOf(record) === "process")
		throw new EngineError(
			"not_implemented",
			`container ${name} is of isolation process: only a machine (--isolation vm) can be forked or kept as it runs; ` +
				"for processes that would take criu, which this engine does not use",
		);
	if (record.state.status !== "running" || run === undefined)
		throw new EngineError("conflict", `container ${name} is ${record.state.status}, not running`);
	if (plannedSecrets(record.hostConfig).length > 0)
		throw new EngineError(
			"conflict",
			`container ${name} has secrets, which a copy of its memory would put on the disk in clear`,
		);
}
