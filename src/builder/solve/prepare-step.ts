import { EngineError } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { BuildContext, PreparedCopy } from "../contract.ts";
import { digestOfJson } from "../graph/definition.ts";
import type { CopyOperation, Operation, PlannedMount, RunOperation, Source } from "../graph/graph.ts";
import { LayerLost } from "../portable/imports.ts";
import { materialize } from "../portable/materialize.ts";
import { copyStep } from "../steps/copy-step.ts";
import { folderStep } from "../steps/folder.ts";
import type { StepResult } from "../steps/result.ts";
import type { MountSource } from "../steps/run/mounts.ts";
import { runStep } from "../steps/run/run.ts";
import { type CacheKey, copyKey, folderKey, mountedDigest, runKey } from "./cache-key.ts";
import type { SolveContext } from "./context.ts";
import type { StepOutput } from "./shared-runs.ts";

/** A step whose inputs are there: its cache key is known, nothing is done yet. */
export interface PreparedStep extends AsyncDisposable {
	readonly cacheKey: CacheKey;
	/** It gets what its build alone was given. */
	readonly isPrivate: boolean;
	execute(tell: (output: StepOutput) => void): Promise<StepResult>;
}

export interface StepInputs {
	readonly inputs: ReadonlyMap<Digest, StepResult>;
	readonly signal: AbortSignal;
	/** Whether there is a result of a key. */
	isKnown(key: Digest): boolean;
}

/** Errors: `not_found` for files that a step wants and that are not there. */
export function prepareStep(
	context: SolveContext,
	operation: Exclude<Operation, { kind: "scratch" | "image" }>,
	from: StepInputs,
): Promise<PreparedStep> {
	switch (operation.kind) {
		case "run":
			return prepareRun(context, operation, from);
		case "copy":
			return prepareCopy(context, operation, from);
		case "folder": {
			const base = from.inputs.get(operation.base)!;
			const { lease } = context;
			return Promise.resolve({
				cacheKey: folderKey(operation, { base, request: context.request }),
				isPrivate: false,
				async execute() {
					await materialize(context, base, from.signal);
					return await folderStep(context, operation, { base, lease, signal: from.signal });
				},
				[Symbol.asyncDispose]: async () => undefined,
			});
		}
	}
}

async function prepareRun(
	context: SolveContext,
	operation: RunOperation,
	{ inputs, signal }: StepInputs,
): Promise<PreparedStep> {
	const { request, lease } = context;
	const base = inputs.get(operation.base)!;
	const mounted: (string | undefined)[] = [];
	const sources: (MountSource | undefined)[] = [];
	for (const mount of operation.mounts) {
		const source = mount.from && (await mountSource(context, mount.from, inputs));
		sources.push(source);
		mounted.push(source && (await digestOfSource(context, { mount, source })));
	}
	return {
		cacheKey: runKey(operation, { base, mounted, request }),
		isPrivate: operation.mounts.some(({ type }) => type === "secret" || type === "ssh"),
		async execute(tell) {
			await materialize(context, base, signal);
			for (const source of sources)
				if (source?.kind === "tree") await materialize(context, source.result, signal);
			return await runStep(context, operation, {
				...{ base, sources, lease, signal },
				onOutput: (stream, data) => tell({ stream, data }),
			});
		},
		[Symbol.asyncDispose]: async () => undefined,
	};
}

async function mountSource(
	context: SolveContext,
	from: Source,
	inputs: StepInputs["inputs"],
): Promise<MountSource> {
	if (from.kind === "step") return { kind: "tree", result: inputs.get(from.step)! };
	return { kind: "context", root: await contextOf(context, from.name).tree() };
}

async function digestOfSource(
	context: SolveContext,
	{ mount, source }: { readonly mount: PlannedMount; readonly source: MountSource },
): Promise<string> {
	if (source.kind === "tree") return source.result.chainId ?? "";
	if (mount.type !== "bind" || mount.from.kind !== "context") return "";
	return mountedDigest(contextOf(context, mount.from.name), mount.source);
}

async function prepareCopy(
	context: SolveContext,
	operation: CopyOperation,
	{ inputs, signal, isKnown }: StepInputs,
): Promise<PreparedStep> {
	const { request, copier, copyDigests, imports, lease } = context;
	const base = inputs.get(operation.base)!;
	let prepared: PreparedCopy | undefined;
	const prepare = async () => {
		prepared ??= await copier.prepareCopy(
			{ operation, source: await sourceOf(context, operation.from, { inputs, signal }) },
			signal,
		);
		return prepared;
	};
	const keyOf = (digest: Digest) => copyKey(operation, { base, digest, request });
	// A tree never changes: what was found in it once need not be read again.
	const memo =
		operation.from.kind === "step" ? treeCopy(operation, inputs.get(operation.from.step)!) : undefined;
	const own = memo === undefined ? undefined : copyDigests.get(memo);
	const told = memo === undefined || own !== undefined ? undefined : imports.copyDigest(memo);
	// What an imported cache tells is good for finding its results, and for nothing else.
	const isToldOnly = told !== undefined && isKnown(keyOf(told).key);
	const digest = isToldOnly ? told : (own ?? (await prepare()).digest);
	if (memo !== undefined && !isToldOnly) copyDigests.set(memo, digest);
	return {
		cacheKey: keyOf(digest),
		isPrivate: false,
		async execute() {
			await materialize(context, base, signal);
			const copy = await prepare();
			if (copy.digest !== digest) {
				// What was told led to a result that has gone since; now it is known what is right.
				copyDigests.set(memo!, copy.digest);
				throw new LayerLost([]);
			}
			return await copyStep(context, operation, { prepared: copy, base, lease, signal });
		},
		[Symbol.asyncDispose]: async () => prepared?.[Symbol.asyncDispose](),
	};
}

/** Names what a copy from a tree reads, and how. */
export function treeCopy(operation: CopyOperation, { chainId }: StepResult): string {
	return digestOfJson({ ...operation, base: "", from: chainId ?? "" });
}

async function sourceOf(
	context: SolveContext,
	from: Source,
	{ inputs, signal }: Pick<StepInputs, "inputs" | "signal">,
): Promise<BuildContext> {
	if (from.kind === "context") return contextOf(context, from.name);
	const tree = inputs.get(from.step)!;
	const { chainId } = tree;
	if (chainId === undefined)
		throw new EngineError("not_found", "COPY failed: file not found: the tree that is copied from is empty");
	await materialize(context, tree, signal);
	const opened =
		context.trees.get(chainId) ??
		context.copier.openTree({ kind: "mounts", mounts: context.snapshots.layerMounts(chainId) }, signal);
	context.trees.set(chainId, opened);
	opened.catch(() => context.trees.delete(chainId));
	return opened;
}

function contextOf({ contexts }: SolveContext, name: string): BuildContext {
	const found = contexts.get(name);
	if (found !== undefined) return found;
	throw new EngineError("not_found", `no build context named ${JSON.stringify(name)}`);
}
