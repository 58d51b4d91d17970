import { type Spread, type Subject, spreadOf } from "../report.ts";
import { probeRequest, startToFirstByte, type Workshop } from "../workshop.ts";

/** Milliseconds from the request to create until the process's first byte: once for the first time, then `runs` times. */
export async function measureStart(
	workshop: Workshop,
	hull: Subject["hull"],
	runs: number,
): Promise<{ readonly firstMs: number; readonly warm: Spread }> {
	const samples: number[] = [];
	for (let run = 0; run <= runs; run++) {
		workshop.progress(`${hull}: start ${run} of ${runs}`);
		const begunMs = performance.now();
		const id = await workshop.create(hull, probeRequest("ready"));
		const createdMs = performance.now() - begunMs;
		samples.push(createdMs + (await startToFirstByte(workshop, id)));
		await workshop.remove(id);
	}
	const [firstMs, ...warm] = samples;
	return { firstMs: firstMs!, warm: spreadOf(warm) };
}
