import { type Spread, type Subject, spreadOf } from "../report.ts";
import type { Workshop } from "../workshop.ts";
import { begin } from "./begin.ts";

/**
 * Milliseconds from the request to create until the process's first byte, or until a whole machine is up: once for the
 * first time, then `runs` times. The last one runs on.
 */
export async function measureStart(
	workshop: Workshop,
	hull: Subject["hull"],
	runs: number,
): Promise<{ readonly start: NonNullable<Subject["start"]>; readonly running: string }> {
	const samples: number[] = [];
	let running: string | undefined;
	for (let run = 0; run <= runs; run++) {
		if (running !== undefined) await workshop.remove(running);
		workshop.progress(`${hull}: start ${run} of ${runs}`);
		const begunMs = performance.now();
		running = await begin(workshop, hull);
		samples.push(performance.now() - begunMs);
	}
	const [firstMs, ...warm] = samples;
	const spread: Spread = spreadOf(warm);
	return { start: { firstMs: firstMs!, warm: spread }, running: running! };
}
