import type { ContainerCreateRequest } from "../../api/index.ts";
import { containerStart, containerWait } from "../../client/index.ts";
import { delay } from "../../lib/index.ts";
import { type CommandRun, type HullName, spreadOf } from "../report.ts";
import type { Workshop } from "../workshop.ts";

/** What still runs after this long is taken for a service: its memory is measured, not its time. */
const patienceMs = 10_000;

/**
 * Runs the image's command to its end, `runs` times: milliseconds from the request to create until it has ended. One
 * that does not end by itself is a service.
 */
export async function measureCommand(
	workshop: Workshop,
	hull: HullName,
	{ request, runs }: { readonly request: ContainerCreateRequest; readonly runs: number },
): Promise<CommandRun> {
	const samples: number[] = [];
	let exitCode = 0;
	for (let run = 1; run <= runs; run++) {
		workshop.progress(`${hull}: command ${run} of ${runs}`);
		const begunMs = performance.now();
		const id = await workshop.create(hull, request);
		const ended = await runToEnd(workshop, id);
		const ms = performance.now() - begunMs;
		await workshop.remove(id);
		if (ended === undefined) return { kind: "runs" };
		samples.push(ms);
		exitCode = ended;
	}
	return { kind: "ended", exitCode, ms: spreadOf(samples) };
}

/** The exit code, or `undefined` when it still runs. */
async function runToEnd({ engine, signal }: Workshop, id: string): Promise<number | undefined> {
	const given = new AbortController();
	const both = AbortSignal.any([signal, given.signal]);
	const wait = await containerWait(engine, id, { condition: "next-exit", signal: both });
	await containerStart(engine, id);
	const end = wait().then(({ StatusCode }) => StatusCode);
	// Whoever loses the race is told to stop, and its failure of that is nobody's.
	end.catch(() => undefined);
	const late = delay(patienceMs, both).then(() => undefined);
	late.catch(() => undefined);
	try {
		return await Promise.race([end, late]);
	} finally {
		given.abort();
	}
}
