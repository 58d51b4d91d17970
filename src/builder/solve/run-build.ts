import type { ImageRecord } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import { type Descriptor, type Digest, hostPlatform } from "../../oci/index.ts";
import type { BuildContext, BuildEvents, BuildRequest, BuildResult } from "../contract.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { exportResult } from "../export/export.ts";
import { resultConfig } from "../export/variants.ts";
import type { Graph } from "../graph/graph.ts";
import { type PlatformGraphs, planPlatforms } from "../graph/plan-platforms.ts";
import type { BuilderOptions } from "../options.ts";
import { exportCaches } from "../portable/export-caches.ts";
import { historyResults } from "../portable/image-history.ts";
import { importedMount } from "../portable/imported-mount.ts";
import type { Imports } from "../portable/imports.ts";
import { keepImported } from "../portable/keep-imported.ts";
import { openImports } from "../portable/open-imports.ts";
import { solveWithImports } from "../portable/solve-with-imports.ts";
import { isAddress } from "../steps/copy/gather-parts.ts";
import { closeTrees } from "./close-trees.ts";
import type { SolveContext } from "./context.ts";
import { baseFinder } from "./find-base.ts";
import { keepResult } from "./keep-result.ts";
import { inputsOf } from "./solver.ts";

/** What all builds of an engine share. */
export type SharedContext = BuilderOptions &
	Pick<SolveContext, "cache" | "cacheMounts" | "accounts" | "runs" | "slots" | "copyDigests">;

interface Watching {
	readonly events: BuildEvents;
	readonly signal: AbortSignal;
}

/** One build from its Dockerfile to its exports. Errors: as `Builder.build`. */
export async function runBuild(
	shared: SharedContext,
	asked: BuildRequest,
	{ events, signal }: Watching,
): Promise<BuildResult> {
	const request = withLatestTime(asked);
	const imports = await openImports(shared, request, { events, signal });
	try {
		return await runWith(shared, { request, imports, events, signal });
	} finally {
		// What came from other engines and was not kept.
		if (imports.fetched.size > 0) await shared.images.release([...imports.fetched]);
	}
}

async function runWith(
	shared: SharedContext,
	{
		request,
		imports,
		events,
		signal,
	}: Watching & { readonly request: BuildRequest; readonly imports: Imports },
): Promise<BuildResult> {
	const startedAt = Date.now();
	const toRelease: Digest[] = [];
	await using ending = new AsyncDisposableStack();
	// Last, when the lease holds nothing any more.
	ending.defer(() => shared.images.release(toRelease));
	const lease = ending.use(shared.leases.create());
	const bases = baseFinder(shared.images, request, { events, lease, signal });
	const plan = await planBuild(request, bases.find);
	for (const graph of plan.graphs) assertAddresses(graph, request);
	tellPlan(plan, events);
	const contexts = new Map<string, BuildContext>([["", request.context]]);
	for (const [name, context] of request.namedContexts) if (!("image" in context)) contexts.set(name, context);
	const context: SolveContext = {
		...shared,
		...{ request, contexts, events, lease, startedAt, toRelease },
		latestTime: request.sourceDateEpoch,
		bases: bases.found,
		trees: new Map(),
		imports,
		fillMount: (id) => importedMount({ ...shared, imports, events, lease }, id),
		histories: historiesOf(shared, request, plan),
		used: new Map(),
	};
	try {
		const { graphs } = plan;
		const results = await solveWithImports(context, plan, signal);
		const exported = await exportResult(context, { graphs, results, signal });
		keepImported(context);
		const cache = await exportCaches(context, { plan, results, signal });
		const result = cache === undefined ? exported : withCacheManifest(exported, cache);
		if (request.keep !== true || graphs.length > 1) return result;
		const [graph] = graphs;
		const config = resultConfig(context, graph!, results);
		return { ...result, kept: keepResult(context, results.get(graph!.result)!, config) };
	} finally {
		await closeTrees(context);
	}
}

/** Variables are filled in by now. */
function assertAddresses({ steps }: Graph, { fence }: BuildRequest): void {
	if (fence === undefined) return;
	for (const { operation } of steps) {
		if (operation.kind !== "copy" || !operation.options.isAdd) continue;
		for (const source of operation.sources) if (isAddress(source)) fence.assertAddress(source);
	}
}

/** Under BuildKit's name for it. */
function withCacheManifest(result: BuildResult, { mediaType, digest, size }: Descriptor): BuildResult {
	const manifest = JSON.stringify({ mediaType, digest, size });
	return { ...result, metadata: { ...result.metadata, "cache.manifest": manifest } };
}

/** `--build-arg SOURCE_DATE_EPOCH=…` counts as the option. */
function withLatestTime(request: BuildRequest): BuildRequest {
	const given = request.buildArgs.get("SOURCE_DATE_EPOCH");
	if (request.sourceDateEpoch !== undefined || given === undefined) return request;
	if (!/^\d{1,11}$/.test(given))
		throw new EngineError(
			"invalid_argument",
			`invalid SOURCE_DATE_EPOCH: ${given}: seconds since 1970 are expected`,
		);
	return { ...request, sourceDateEpoch: Number(given) };
}

/** What images that are named as caches say of the plan's steps. */
function historiesOf(
	{ images, snapshots }: SharedContext,
	request: BuildRequest,
	{ graphs }: PlatformGraphs,
) {
	const named = request.cacheFrom.flatMap((source) =>
		source.type === "image" ? (images.find(source.ref) ?? []) : [],
	);
	const found = (image: ImageRecord) =>
		graphs.flatMap((graph) => [...historyResults(graph, image, snapshots)]);
	return new Map(named.reverse().flatMap(found));
}

function planBuild(
	request: BuildRequest,
	resolve: ReturnType<typeof baseFinder>["find"],
): Promise<PlatformGraphs> {
	const contexts = new Set<string>();
	const images = new Map<string, string>();
	for (const [name, context] of request.namedContexts) {
		if ("image" in context) images.set(name, context.image);
		else contexts.add(name);
	}
	const { target, buildArgs, labels, noCache, network } = request;
	return planPlatforms(parseDockerfile(request.dockerfile.text), {
		...{ target, buildArgs, labels, noCache, network, contexts, images, resolve },
		platforms: request.platforms.length > 0 ? request.platforms : [hostPlatform()],
	});
}

function tellPlan({ steps, warnings }: PlatformGraphs, events: BuildEvents): void {
	for (const { definition, name, line, operation } of steps)
		events({ kind: "vertex", vertex: { digest: definition, name, inputs: inputsOf(operation), line } });
	for (const { rule, message, line } of warnings)
		events({
			kind: "warning",
			rule,
			message,
			line,
			url: `https://docs.docker.com/go/dockerfile/rule/${kebab(rule)}/`,
		});
}

function kebab(rule: string): string {
	return rule.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}
