import { EngineError, failpoint, isEngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { countsAsRunning } from "../record/state.ts";

/** Does the work; it calls `check` before the step that counts, which fails when somebody began to use the volume. */
export type HeldWork<T> = (check: () => void, letGo: () => Promise<void>) => Promise<T>;

/**
 * Does something while the containers that use a volume stand still: their processes are frozen, or their machine is,
 * and none is started or stopped. `pause` false: they go on. The work may let them go on before it ends (`letGo`).
 *
 * Crash window: a container is noted before it is frozen and until it goes on again; boot lets those go on that an
 * earlier daemon did not ({@link releaseHeld}).
 */
export async function holdVolumeUsers<T>(
	context: Context,
	volume: string,
	request: { readonly pause: boolean; readonly work: HeldWork<T> },
): Promise<T> {
	if (!request.pause)
		return await request.work(
			() => {},
			async () => {},
		);
	using stack = new DisposableStack();
	const users = await lockUsers(context, volume, stack);
	const running = users.filter(({ record, run }) => record.state.status === "running" && run !== undefined);
	for (const { id } of running) context.heldDocuments.put(id, { id });
	const held = new Set(running);
	const letGo = async () => {
		for (const container of running) if (held.delete(container)) await letGoOn(context, container);
	};
	try {
		for (const container of running) await freeze(container);
		failpoint("containers.volume.after-freeze");
		return await request.work(() => assertNoneRuns(context, volume, users), letGo);
	} finally {
		await letGo();
	}
}

/** Does something while no container that uses a volume runs. Errors: `conflict` names those that do. */
export async function withStoppedUsers<T>(context: Context, volume: string, work: HeldWork<T>): Promise<T> {
	using stack = new DisposableStack();
	await lockUsers(context, volume, stack);
	const check = () => assertNoneRuns(context, volume);
	check();
	return await work(check, async () => {});
}

function assertNoneRuns(context: Context, volume: string, heldStill: readonly Container[] = []): void {
	const running = usersOf(context, volume).filter(
		(container) => !heldStill.includes(container) && countsAsRunning(container.record.state),
	);
	if (running.length === 0) return;
	const names = running.map(({ record }) => record.name).join(", ");
	throw new EngineError("conflict", `volume ${volume} is in use by running containers: ${names}`);
}

/** Boot: containers that a daemon which died had frozen go on. */
export async function releaseHeld(context: Context): Promise<void> {
	for (const { key: id } of context.heldDocuments.entries()) {
		const container = context.registry.byId(id);
		if (container === undefined) context.heldDocuments.delete(id);
		else await letGoOn(context, container);
	}
}

/** In the order of ids, so that two who want several never wait for one another. */
async function lockUsers(context: Context, volume: string, stack: DisposableStack): Promise<Container[]> {
	for (const id of [...context.volumes.usersOf(volume)].sort()) stack.use(await context.locks.acquire(id));
	return usersOf(context, volume);
}

function usersOf(context: Context, volume: string): Container[] {
	return context.volumes.usersOf(volume).flatMap((id) => context.registry.byId(id) ?? []);
}

/** One that ended meanwhile writes nothing any more. */
async function freeze({ run }: Container): Promise<void> {
	try {
		await run?.task.pause();
	} catch (error) {
		if (!isEngineError(error, "not_found") && !isEngineError(error, "conflict")) throw error;
	}
}

async function letGoOn(context: Context, container: Container): Promise<void> {
	const { id, run, record } = container;
	try {
		if (run !== undefined && record.state.status === "running") await run.task.resume();
	} catch (error) {
		if (!isEngineError(error, "not_found") && !isEngineError(error, "conflict"))
			context.log.error("a container that was held still does not go on", { container: id, error });
	}
	context.heldDocuments.delete(id);
}
