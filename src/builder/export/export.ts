import type { ImageRecord } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import { type Digest, type ImageConfigFile, parseReference } from "../../oci/index.ts";
import type { BuildResult, Export, TreeExport } from "../contract.ts";
import { digestOfJson } from "../graph/definition.ts";
import type { Graph } from "../graph/graph.ts";
import { withInline } from "../portable/inline.ts";
import { portableSteps } from "../portable/portable-steps.ts";
import type { SolveContext, SolvedStep } from "../solve/context.ts";
import { imageConfig } from "./image-config.ts";
import { squashed } from "./squash.ts";

export interface Exporting {
	readonly graph: Graph;
	readonly results: ReadonlyMap<Digest, SolvedStep>;
	readonly signal: AbortSignal;
}

/** Gives what was built to all that want it. Without an export it stays in the cache. */
export async function exportResult(context: SolveContext, exporting: Exporting): Promise<BuildResult> {
	const { request, images } = context;
	const { graph, results, signal } = exporting;
	const result = results.get(graph.result)!;
	let image: ImageRecord | undefined;
	for (const wanted of request.exports) {
		if (isTree(wanted)) {
			await exportTree(context, result, { ...wanted, signal });
			continue;
		}
		const { names } = wanted;
		const made = await makeImage(context, exporting, names);
		image ??= made;
		if (wanted.type === "image") {
			if (wanted.push) for (const name of names) await push(context, name, signal);
			continue;
		}
		const references = names.length === 0 ? [made.id] : names;
		await wanted.sink.write(images.save(references, { signal }));
	}
	return {
		imageId: image?.id ?? "",
		manifestDigest: image?.manifestDigest ?? "",
		config: graph.config,
		metadata:
			image === undefined
				? {}
				: {
						"containerimage.config.digest": image.id,
						"containerimage.digest": image.manifestDigest,
						"image.name": request.exports.flatMap((one) => ("names" in one ? one.names : [])).join(","),
					},
	};
}

async function makeImage(
	context: SolveContext,
	{ graph, results, signal }: Exporting,
	names: readonly string[],
): Promise<ImageRecord> {
	const { images, request, latestTime, lease } = context;
	const result = results.get(graph.result)!;
	const config = firstMade(
		context,
		imageConfig(graph, results, { now: new Date(0).toISOString(), latestTime }),
		{
			graph,
			results,
		},
	);
	const flat = request.squash
		? await squashed(context, { graph, result, config, signal })
		: { config, layers: result.layers };
	for (const { digest } of flat.layers) lease.hold(digest);
	const hasCache = request.cacheTo.some(({ type }) => type === "inline");
	const kept = hasCache ? withInline(flat.config, portableSteps(context, { graph, results })) : flat.config;
	return images.assemble({ ...flat, config: kept, annotations: request.annotations, names, signal });
}

/**
 * A build that comes from the cache alone gives the image of before, also when its last instructions made no layer:
 * when such an image was made first is kept with the cache.
 */
function firstMade(
	{ cache, imports, used, latestTime }: SolveContext,
	config: ImageConfigFile,
	{ graph, results }: Omit<Exporting, "signal">,
) {
	if (latestTime !== undefined) return config;
	const key = digestOfJson({ image: config });
	const own = cache.find(key);
	const foreign = own === undefined ? imports.find(key) : undefined;
	const record = own ?? foreign ?? cache.put({ key, description: "image configuration", parts: {} });
	used.set(key, { record: { ...record, layer: undefined }, isImported: foreign !== undefined });
	cache.noteUse(key);
	return imageConfig(graph, results, { now: record.createdAt, latestTime });
}

async function push({ images, request }: SolveContext, name: string, signal: AbortSignal): Promise<void> {
	const auth = request.registryAuth.get(parseReference(name).domain);
	await images.push(name, { progress: () => undefined, signal, ...(auth === undefined ? {} : { auth }) });
}

async function exportTree(
	{ archive, snapshots }: SolveContext,
	{ chainId }: SolvedStep,
	{ sink, type, signal }: TreeExport & { readonly signal: AbortSignal },
): Promise<void> {
	if (chainId === undefined) throw new EngineError("invalid_argument", `export ${type}: the result is empty`);
	await sink.write(archive.exportTree({ kind: "mounts", mounts: snapshots.layerMounts(chainId) }, signal));
}

function isTree(wanted: Export): wanted is TreeExport {
	return wanted.type === "tar" || wanted.type === "local";
}
