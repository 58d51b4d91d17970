import type { ContainerCreateRequest, HullFootprint, HullHost } from "../../api/index.ts";
import { containerFootprint, containerStart, hostFacts } from "../../client/index.ts";
import { delay } from "../../lib/index.ts";
import { type HullName, type MemoryUse, type Subject, spreadOf } from "../report.ts";
import type { Workshop } from "../workshop.ts";
import { begin } from "./begin.ts";

/** Time for a process to take what it needs before it is measured. */
const settleMs = 1_500;

export interface MemoryRequest {
	/** The command, when it is a service; `undefined` measures the probe that only waits, or the idle machine. */
	readonly service: ContainerCreateRequest | undefined;
	readonly count: number;
	readonly host: HullHost;
}

/**
 * Runs `count` containers at once and adds up the memory of all processes that are there because of them: the first
 * alone, then all. Memory that several of them share is counted once.
 */
export async function measureMemory(
	workshop: Workshop,
	hull: HullName,
	{ service, count, host }: MemoryRequest,
): Promise<{ readonly memory: MemoryUse; readonly disk: Subject["disk"] }> {
	const ids: string[] = [];
	const kernelGrowth: number[] = [];
	const kernelBytesNow = async () => (await hostFacts(workshop.engine)).KernelMemoryBytes;
	const startNext = async () => {
		workshop.progress(`${hull}: memory of ${ids.length + 1} of ${count}`);
		const before = await kernelBytesNow();
		if (service === undefined) {
			ids.push(await begin(workshop, hull));
		} else {
			const id = await workshop.create(hull, service);
			ids.push(id);
			await containerStart(workshop.engine, id);
		}
		kernelGrowth.push((await kernelBytesNow()) - before);
	};
	const measure = async () => {
		await delay(settleMs, workshop.signal);
		return Promise.all(ids.map((id) => containerFootprint(workshop.engine, id)));
	};
	await startNext();
	const [one] = await measure();
	while (ids.length < count) await startNext();
	const all = count > 1 ? await measure() : [one!];
	for (const id of ids) await workshop.remove(id);
	const oneBytes = pssBytes([one!]);
	const allBytes = pssBytes(all);
	const furtherBytes = count > 1 ? Math.max(0, allBytes - oneBytes) / (count - 1) : oneBytes;
	// The median of short moments: others take and give back memory of the same kernel meanwhile.
	const kernelBytes = Math.max(0, spreadOf(kernelGrowth).median);
	return {
		memory: {
			of: service === undefined ? "probe" : "command",
			oneBytes,
			supervisorBytes: pssBytes([one!], "supervisor"),
			count,
			allBytes,
			furtherBytes: Math.round(furtherBytes),
			kernelBytes: Math.round(kernelBytes),
			fits: Math.floor(host.MemoryAvailableBytes / Math.max(furtherBytes + kernelBytes, 1)),
		},
		disk: {
			sharedBytes: one!.Disk.LayerBytes + one!.Disk.MachineLayerBytes,
			ownBytes: one!.Disk.OwnBytes,
		},
	};
}

function pssBytes(footprints: readonly HullFootprint[], role?: string): number {
	return footprints
		.flatMap(({ Processes }) => Processes)
		.filter(({ Role }) => role === undefined || Role === role)
		.reduce((sum, { PssBytes }) => sum + PssBytes, 0);
}
