import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { newContainerId } from "../lifecycle/describe.ts";
import { bringUp } from "./bring-up.ts";
import { saveContainer } from "./save.ts";
import { startedAtOf } from "./started-at.ts";

const maxForks = 64;

/**
 * Copies a machine that runs, memory and disk, into `count` more containers, which share its memory until they write
 * to it. The machine stands for as long as its memory is copied. When one fails, those before it stay and are named.
 */
export async function forkContainer(
	context: Context,
	reference: string,
	request: { readonly count: number; readonly name?: string | undefined },
): Promise<{ readonly id: string; readonly name: string }[]> {
	const { count, name } = request;
	if (!Number.isInteger(count) || count < 1 || count > maxForks)
		throw new EngineError(
			"invalid_argument",
			`fork ${reference}: a count of ${count}: must be 1 to ${maxForks}`,
		);
	const container = context.registry.get(reference);
	const key = newContainerId();
	// QEMU keeps the memory's file open; its name need not stay.
	const folder = join(context.dataRoot, "vm", "forks", key);
	await using undo = new AsyncDisposableStack();
	const { record } = container;
	{
		using _lock = await context.locks.acquire(container.id);
		await saveContainer(context, container, { key, folder, undo });
	}
	const origin = { record, diskKey: key, saved: { folder, startedAt: startedAtOf(record) } };
	const forks: { id: string; name: string }[] = [];
	for (let index = 0; index < count; index++) {
		const forkName = name === undefined ? undefined : count === 1 ? name : `${name}-${index + 1}`;
		try {
			forks.push(await bringUp(context, origin, { name: forkName }));
		} catch (error) {
			if (forks.length === 0 || !(error instanceof EngineError)) throw error;
			const made = forks.map((fork) => fork.name).join(", ");
			throw new EngineError(error.code, `${error.message} (forked before: ${made})`, { cause: error });
		}
	}
	return forks;
}
