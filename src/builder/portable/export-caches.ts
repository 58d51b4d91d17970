import { EngineError } from "../../lib/index.ts";
import { type Descriptor, type Digest, digestOf, mediaTypes } from "../../oci/index.ts";
import type { CacheStore, CacheTarget } from "../contract.ts";
import { digestOfJson } from "../graph/definition.ts";
import type { PlatformGraphs } from "../graph/plan-platforms.ts";
import type { SolveContext, SolvedStep } from "../solve/context.ts";
import { type CacheDocument, cacheConfigType, encodeDocument, maxDocumentBytes } from "./document.ts";
import { holdMeanwhile } from "./hold-meanwhile.ts";
import { authOf } from "./open-imports.ts";
import { packBlob } from "./pack-blob.ts";
import { packMounts } from "./pack-mounts.ts";
import { portableSteps } from "./portable-steps.ts";
import { readCache } from "./read-cache.ts";
import { registryStore } from "./registry-store.ts";

export interface CacheExporting {
	readonly plan: PlatformGraphs;
	readonly results: ReadonlyMap<Digest, SolvedStep>;
	readonly signal: AbortSignal;
}

type OuterTarget = Exclude<CacheTarget, { type: "inline" }>;

/**
 * Puts what a build came to where `--cache-to` says. Gives the manifest of the last that a client keeps, who has to
 * write down its name. Errors: those of the place, unless they are to be ignored.
 */
export async function exportCaches(
	context: SolveContext,
	exporting: CacheExporting,
): Promise<Descriptor | undefined> {
	const { request, events } = context;
	let kept: Descriptor | undefined;
	for (const target of request.cacheTo) {
		if (target.type === "inline") continue;
		const name = target.type === "store" ? target.name : target.ref;
		const vertex = digestOfJson({ exportCache: name });
		const shown = `exporting cache to ${target.type === "store" ? "client directory" : "registry"}`;
		events({ kind: "vertex", vertex: { digest: vertex, name: shown, inputs: [], line: 0 } });
		events({ kind: "started", vertex, at: Date.now() });
		try {
			const { manifest, sizeBytes } = await exportCache(context, target, exporting);
			if (target.type === "store") kept = manifest;
			events({ kind: "completed", vertex, cached: false, at: Date.now(), sizeBytes });
		} catch (error) {
			exporting.signal.throwIfAborted();
			const problem = error instanceof Error ? error.message : String(error);
			if (!target.options.ignoresErrors) {
				events({ kind: "failed", vertex, message: problem, at: Date.now() });
				throw error;
			}
			const message = `cache was not exported to ${name}: ${problem}`;
			events({ kind: "warning", rule: "CacheExport", message, url: "", line: 0, vertex });
			events({ kind: "completed", vertex, cached: false, at: Date.now(), sizeBytes: 0 });
		}
	}
	return kept;
}

/** The manifest goes last: a cache that is not whole is never seen. */
async function exportCache(
	outer: SolveContext,
	target: OuterTarget,
	exporting: CacheExporting,
): Promise<{ readonly manifest: Descriptor; readonly sizeBytes: number }> {
	const { plan, results, signal } = exporting;
	const { request, registry } = outer;
	await using temporary = holdMeanwhile(outer);
	const context = { ...outer, lease: temporary.lease };
	const store =
		target.type === "store"
			? target.store
			: registryStore(registry, target.ref, { actions: "pull,push", signal, ...authOf(request, target.ref) });
	const portable = portableSteps(context, { steps: plan.steps, results });
	const wanted =
		target.options.mode === "max"
			? undefined
			: new Set(plan.graphs.flatMap(({ result }) => results.get(result)!.layers.map(({ diffId }) => diffId)));
	const earlier = await earlierBlobs(store);
	const blobs = new Map<Digest, Descriptor>();
	for (const { layer } of portable.steps) {
		if (layer === undefined || blobs.has(layer.diffId)) continue;
		if (wanted !== undefined && !wanted.has(layer.diffId)) continue;
		const known = [earlier.get(layer.diffId), context.imports.blob(layer.diffId)];
		const blob = await packBlob(context, layer, { store, options: target.options, known, signal });
		if (blob !== undefined) blobs.set(layer.diffId, blob);
	}
	const mounts = target.options.hasMounts ? await packMounts(context, plan, { store, target, signal }) : [];
	const document: CacheDocument = { ...portable, mounts, blobs };
	const manifest = await publish(context, store, { target, document, signal });
	return { manifest, sizeBytes: [...blobs.values()].reduce((sum, { size }) => sum + size, 0) };
}

/** Blobs that the cache had before need not be packed again. What cannot be read is replaced. */
async function earlierBlobs(store: CacheStore): Promise<CacheDocument["blobs"]> {
	try {
		return (await readCache(store))?.blobs ?? new Map();
	} catch {
		return new Map();
	}
}

async function publish(
	{ content, lease }: SolveContext,
	store: CacheStore,
	{
		target,
		document,
		signal,
	}: {
		readonly target: OuterTarget;
		readonly document: CacheDocument;
		readonly signal: AbortSignal;
	},
): Promise<Descriptor> {
	const { isImageManifest, hasOciTypes } = target.options;
	const bytes = encodeDocument(document);
	if (bytes.length > maxDocumentBytes)
		throw new EngineError("too_large", `the cache has more steps than fit into ${maxDocumentBytes} bytes`);
	const written = await content.put(bytes, { lease, signal });
	const config: Descriptor = { mediaType: cacheConfigType, ...written };
	await store.write(config, (range) => content.stream(config.digest, range));
	const layers = [...document.blobs.values(), ...document.mounts.map(({ blob }) => blob)];
	const unique = [...new Map(layers.map((blob) => [blob.digest, blob])).values()];
	const mediaType = isImageManifest
		? mediaTypes.ociManifest
		: hasOciTypes
			? mediaTypes.ociIndex
			: mediaTypes.dockerManifestList;
	const parts = isImageManifest ? { config, layers: unique } : { manifests: [...unique, config] };
	const text = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...parts }));
	const manifest: Descriptor = { mediaType, digest: digestOf(text), size: text.length };
	await store.publish(manifest, text);
	return manifest;
}
