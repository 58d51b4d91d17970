import { EngineError, failpoint } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { Operation, Step } from "../graph/graph.ts";
import { LayerLost } from "../portable/imports.ts";
import { CommandFailed, StepFailed } from "../steps/failed.ts";
import { emptyTree, type StepResult } from "../steps/result.ts";
import { whyMissed } from "./cache-key.ts";
import type { SolveContext, SolvedStep } from "./context.ts";
import { findResult, hold, takeResult } from "./find-result.ts";
import { prepareStep } from "./prepare-step.ts";
import type { StepOutput } from "./shared-runs.ts";

/**
 * Carries out the steps of a plan: each as soon as those that it needs are there, as many at once as there are slots. What
 * the cache has is not done. The first failure ends the others, and everything has ended when this rejects.
 *
 * Errors: {@link StepFailed}; {@link LayerLost}; `cancelled`.
 */
export async function solve(
	context: SolveContext,
	steps: readonly Step[],
	signal: AbortSignal,
): Promise<ReadonlyMap<Digest, SolvedStep>> {
	const stop = new AbortController();
	const bounded = AbortSignal.any([signal, stop.signal]);
	const solving = new Map<Digest, Promise<SolvedStep>>();
	let failed: { readonly error: unknown } | undefined;
	for (const step of steps) {
		const solved = solveStep(context, step, { solving, signal: bounded });
		solved.catch((error: unknown) => {
			failed ??= { error };
			stop.abort(new EngineError("cancelled", "another step failed"));
		});
		solving.set(step.definition, solved);
	}
	await Promise.allSettled(solving.values());
	if (failed !== undefined) throw failed.error;
	const results = new Map<Digest, SolvedStep>();
	for (const [definition, solved] of solving) results.set(definition, await solved);
	return results;
}

/** Definitions of the steps that one reads from. */
export function inputsOf(operation: Operation): Digest[] {
	switch (operation.kind) {
		case "scratch":
		case "image":
			return [];
		case "folder":
			return [operation.base];
		case "copy":
			return [operation.base, ...(operation.from.kind === "step" ? [operation.from.step] : [])];
		case "run": {
			const sources = operation.mounts.flatMap(({ from }) => (from?.kind === "step" ? [from.step] : []));
			return [operation.base, ...sources];
		}
	}
}

interface Solving {
	readonly solving: ReadonlyMap<Digest, Promise<SolvedStep>>;
	readonly signal: AbortSignal;
}

async function solveStep(
	context: SolveContext,
	step: Step,
	{ solving, signal }: Solving,
): Promise<SolvedStep> {
	const inputs = new Map<Digest, SolvedStep>();
	for (const input of inputsOf(step.operation)) inputs.set(input, await solving.get(input)!);
	const { events } = context;
	const vertex = step.definition;
	signal.throwIfAborted();
	events({ kind: "started", vertex, at: Date.now() });
	try {
		const { solved, cached, reason } = await carryOut(context, step, { inputs, signal });
		const sizeBytes = solved.layer?.unpackedBytes ?? 0;
		events({
			kind: "completed",
			...{ vertex, cached, sizeBytes },
			at: Date.now(),
			...(reason === undefined ? {} : { reason }),
		});
		return solved;
	} catch (error) {
		// Nobody's failure: the build looks again without what is lost.
		if (error instanceof LayerLost) throw error;
		const told = failure(step, error);
		events({
			kind: "failed",
			vertex,
			message: told instanceof Error ? told.message : String(told),
			at: Date.now(),
		});
		throw told;
	}
}

function failure(step: Step, error: unknown): unknown {
	if (!(error instanceof EngineError) || error.code === "cancelled") return error;
	return new StepFailed(error.code, error.message, {
		vertex: step.definition,
		step: step.name,
		line: step.line,
		exitCode: error instanceof CommandFailed ? error.exitCode : undefined,
		cause: error,
	});
}

interface CarriedOut {
	readonly solved: SolvedStep;
	readonly cached: boolean;
	readonly reason?: string;
}

async function carryOut(
	context: SolveContext,
	step: Step,
	{ inputs, signal }: { readonly inputs: ReadonlyMap<Digest, SolvedStep>; readonly signal: AbortSignal },
): Promise<CarriedOut> {
	const { operation } = step;
	if (operation.kind === "scratch") return base(emptyTree);
	if (operation.kind === "image") return base(context.bases.get(operation.image.id)!.tree);
	const { cache, lease, runs, slots, events, used } = context;
	const below = inputs.get(operation.base)!;
	await using prepared = await prepareStep(context, operation, {
		inputs,
		signal,
		isKnown: (key) => !step.noCache && findResult(context, step, { key, below }) !== undefined,
	});
	const { key, parts } = prepared.cacheKey;
	const description = descriptionOf(step);
	const latest = cache.latest(description);
	const found = step.noCache ? undefined : takeResult(context, step, { prepared, below });
	if (found !== undefined) return { solved: found, cached: true };
	const onOutput = ({ stream, data }: StepOutput) =>
		events({ kind: "log", vertex: step.definition, stream, data, at: Date.now() });
	// What is not to come from a cache, or was given values by its own build, is nobody else's.
	const shared = step.noCache || prepared.isPrivate ? `${key} ${context.request.id}` : key;
	const solved = await runs.join(shared, { onOutput, signal }, async (tell) => {
		using _slot = await slots.acquire(signal);
		// Made by another build since we looked.
		const made = step.noCache ? undefined : takeResult(context, step, { prepared, below });
		if (made !== undefined) return made;
		const result = await prepared.execute(tell);
		failpoint("builder.step.before-record");
		const record = cache.put({
			...{ key, description, parts },
			...(result.layer === undefined ? {} : { layer: result.layer }),
			...(below.key === undefined ? {} : { parent: below.key }),
		});
		failpoint("builder.step.after-record");
		return { ...result, key, createdAt: record.createdAt };
	});
	hold(lease, solved);
	const record = cache.find(key);
	if (record !== undefined) used.set(key, { record, isImported: false });
	return { solved, cached: false, reason: whyMissed(parts, latest, { key, noCache: step.noCache }) };
}

function base(tree: StepResult): CarriedOut {
	return { solved: { ...tree, key: undefined, createdAt: undefined }, cached: true };
}

/** Without its place in the Dockerfile. */
function descriptionOf({ name }: Step): string {
	return name.replace(/^\[[^\]]*\] /, "");
}
