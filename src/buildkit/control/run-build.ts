/** Builds of a job: the one that is exported, and those that only others stand on or look into. */
import type { BuildResult, KeptResult } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { BuildkitOptions } from "../contract.ts";
import { makeBuildRequest } from "../frontend/build-request.ts";
import { exportsOf, type NamedOption } from "../frontend/exports.ts";
import { openInputs } from "../frontend/inputs.ts";
import { readFrontendOptions } from "../frontend/options.ts";
import type { Definition } from "../proto/types.ts";
import type { KeptFolders } from "../session/files/kept-folders.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Decoded } from "../wire/message.ts";
import { buildError, unsupportedSubrequest } from "./errors.ts";
import type { Asked, Job, Jobs, Solved } from "./jobs.ts";
import { resultOfDefinition } from "./result-definition.ts";

export interface SolveRooms extends Pick<BuildkitOptions, "builder" | "contexts" | "root"> {
	readonly jobs: Jobs;
	readonly sessions: Sessions;
	readonly folders: KeptFolders;
}

/** Of one build. */
const maxInputs = 200;

export interface BuildWork {
	readonly asked: Asked;
	readonly exporters: readonly NamedOption[];
	readonly cacheExports: readonly NamedOption[];
	/** Hand the result over (`BuildResult.kept`). */
	readonly keep?: boolean;
	readonly signal: AbortSignal;
}

/** Runs a build of a job. Errors are GrpcErrors that show the lines that they are about. */
export async function runBuild(rooms: SolveRooms, job: Job, work: BuildWork): Promise<BuildResult> {
	const { builder, contexts, folders, root, sessions } = rooms;
	const { asked, exporters, cacheExports, keep = false, signal } = work;
	const { progress } = job;
	try {
		const options = readFrontendOptions(asked.frontendOptions);
		if (options.subrequest !== "") throw unsupportedSubrequest(options.subrequest);
		const session = await sessions.get(job.session, signal);
		const gone = AbortSignal.any([signal, session.signal]);
		const exports = exportsOf(exporters, { session, root, signal: gone });
		const resultOf = (input: string) => inputOf(asked, input);
		await using inputs = await openInputs(options, {
			...{ session, contexts, folders, progress, resultOf },
			signal: gone,
		});
		const request = await makeBuildRequest({
			...{ ref: job.ref, options, inputs, exporters, exports, cacheExports, session, keep },
			allow: job.allow,
			signal: gone,
		});
		return await builder.build(request, (event) => progress.tell(event), gone);
	} catch (error) {
		throw buildError(signal.aborted ? signal.reason : error, progress);
	}
}

/**
 * Made once, without exporters, and held until its job ends; what is exported later comes from the cache. Of a build
 * for several platforms nothing is handed over.
 */
export function evaluate(rooms: SolveRooms, job: Job, solved: Solved): Promise<KeptResult | undefined> {
	solved.kept ??= build();
	return solved.kept;

	async function build(): Promise<KeptResult | undefined> {
		const { asked } = solved;
		const { signal } = job;
		const work = { asked, exporters: [], cacheExports: [], keep: true, signal };
		return (await runBuild(rooms, job, work)).kept;
	}
}

/** Errors: as `runBuild`; `not_implemented`. */
export async function keptOf(rooms: SolveRooms, job: Job, solved: Solved): Promise<KeptResult> {
	const kept = await evaluate(rooms, job, solved);
	if (kept !== undefined) return kept;
	throw new EngineError(
		"not_implemented",
		"results for several platforms as inputs of other builds are not supported",
	);
}

/** Errors: `not_found`. */
export function solvedOf(job: Job, id: string): Solved {
	const solved = job.solved.get(id);
	if (solved === undefined) throw new EngineError("not_found", `no such ref: ${id.slice(0, 100)}`);
	return solved;
}

/**
 * Results that a client took from other builds of its own. They are made here and now: the client keeps those builds,
 * and their sessions, only until this one has been asked for. Errors: `not_found`, `not_implemented`; those of builds.
 */
export async function takeInputs(
	rooms: SolveRooms,
	job: Job,
	definitions: ReadonlyMap<string, Partial<Decoded<typeof Definition>> | undefined>,
): Promise<Asked["inputs"]> {
	if (definitions.size > maxInputs)
		throw new EngineError("too_large", `more than ${maxInputs} results of other builds`);
	const found = [...definitions].map(([name, definition]) => {
		const solved = rooms.jobs.findSolved(resultOfDefinition(definition ?? {}));
		if (solved !== undefined) return { name, ...solved };
		throw new EngineError(
			"not_found",
			`input ${name.slice(0, 200)}: the build that it is a result of is over`,
		);
	});
	const inputs = new Map<string, KeptResult>();
	for (const { name, job: other, solved } of found) {
		const kept = await keptOf(rooms, other, solved);
		if (job.inputs.disposed) throw new EngineError("cancelled", "the build is over");
		inputs.set(name, job.inputs.use(kept.share()));
	}
	return inputs;
}

function inputOf({ inputs }: Asked, name: string): KeptResult {
	const found = inputs.get(name);
	if (found === undefined) throw new EngineError("not_found", `the build has no input ${name.slice(0, 200)}`);
	return found;
}
