import type { HullHost, SystemInfo } from "../api/index.ts";
import { type Engine, hostFacts, imageInspect, systemInfoText } from "../client/index.ts";
import { imageCommand } from "./image-command.ts";
import { measureCommand } from "./measure/command.ts";
import { measureInside, measurePrivileged, type Peer, startPeer } from "./measure/inside.ts";
import { measureMemory } from "./measure/memory.ts";
import { measureStart } from "./measure/start.ts";
import { chooseFor, needNames } from "./needs.ts";
import { notesFor } from "./notes.ts";
import { makeProbeImage } from "./probe-image.ts";
import type { HullName, Report, Subject } from "./report.ts";
import { openWorkshop, type Workshop } from "./workshop.ts";

export interface CompareOptions {
	/** Name or id of an image that the engine has. */
	readonly image: string;
	/** Empty: the image's own. */
	readonly command: readonly string[];
	readonly hulls: readonly HullName[];
	/** Starts to take the median of; at least 1. */
	readonly runs: number;
	/** Containers to run at once for the memory of many; at least 1. */
	readonly count: number;
	/** Also try the walls with `--privileged`. */
	readonly privileged: boolean;
	/** The need to choose a hull for; `undefined`: all that are known. */
	readonly need: string | undefined;
	/** Leave containers and the image with the probe. */
	readonly keep: boolean;
	/** The bytes of hull-probe. */
	readonly probe: Uint8Array;
	readonly progress: (text: string) => void;
	/** Ends the measuring; what was made is removed all the same. */
	readonly signal: AbortSignal;
}

/**
 * Runs an image in each hull and measures it there. A hull that fails is part of the report, with the reason. Errors:
 * those of the engine for the image, `cancelled` when aborted.
 */
export async function compare(engine: Engine, options: CompareOptions): Promise<Report> {
	const { image: reference, runs, count, signal } = options;
	const image = await imageInspect(engine, reference);
	const host = await hostFacts(engine);
	options.progress("adding the probe to the image");
	await using workshop = openWorkshop({
		...{ engine, signal, keep: options.keep, progress: options.progress },
		image: await makeProbeImage(engine, reference, options.probe),
	});
	const command = imageCommand(image, options.command);
	const peer = await startPeer(workshop);
	const subjects: Subject[] = [];
	for (const hull of options.hulls)
		subjects.push(
			await measureSubject(workshop, hull, { ...options, request: command?.request, host, peer }),
		);
	const machines = await machinesOf(engine);
	return {
		version: 1,
		takenAt: new Date().toISOString(),
		image: { reference, id: image.Id ?? "", sizeBytes: image.Size ?? 0 },
		command: command?.words,
		host,
		machines,
		runs,
		count,
		subjects,
		notes: notesFor({ subjects, host, machines }),
		choices: (options.need === undefined ? needNames : [options.need]).map((need) =>
			chooseFor(need, subjects),
		),
	};
}

async function machinesOf(engine: Engine): Promise<Report["machines"]> {
	const { VM } = (JSON.parse(await systemInfoText(engine)) as SystemInfo).Hull ?? {};
	if (VM === undefined) return undefined;
	return { accelerator: VM.Accelerator, qemuVersion: VM.QemuVersion, kernelVersion: VM.KernelVersion };
}

/** Without KVM an init takes a quarter of a minute for its start. */
const machineRuns = 1;

interface SubjectOptions extends Pick<CompareOptions, "runs" | "count" | "privileged"> {
	readonly request: Parameters<typeof measureCommand>[2]["request"] | undefined;
	readonly host: HullHost;
	readonly peer: Peer;
}

async function measureSubject(workshop: Workshop, hull: HullName, options: SubjectOptions): Promise<Subject> {
	const { runs, count, request, host, peer } = options;
	const isMachine = hull === "machine";
	let subject: Subject = { hull };
	try {
		const { start, running } = await measureStart(workshop, hull, isMachine ? machineRuns : runs);
		subject = { ...subject, start };
		subject = { ...subject, ...(await measureInside(workshop, hull, { host, peer, running })) };
		// A whole machine is privileged inside as it is.
		if (options.privileged && !isMachine)
			subject = { ...subject, privilegedWalls: await measurePrivileged(workshop, hull, host) };
		if (request !== undefined && !isMachine)
			subject = { ...subject, command: await measureCommand(workshop, hull, { request, runs }) };
		const service = subject.command?.kind === "runs" ? request : undefined;
		return { ...subject, ...(await measureMemory(workshop, hull, { service, count, host })) };
	} catch (error) {
		workshop.signal.throwIfAborted();
		// What a user can cause has a code (ours) or a status (the engine's); all else is a bug.
		if (!(error instanceof Error) || !("code" in error)) throw error;
		return { ...subject, failure: error.message };
	}
}
