import type { ImageContent, ImageRecord, Images } from "../../images/index.ts";
import { isEngineError } from "../../lib/index.ts";
import {
	canonicalName,
	chainId,
	type Digest,
	formatPlatform,
	hostPlatform,
	isRunnableOn,
	type Platform,
	parseReference,
} from "../../oci/index.ts";
import type { Lease } from "../../store/index.ts";
import type { BuildEvents, BuildRequest, KeptResult } from "../contract.ts";
import { DockerfileError, type SourceRange } from "../dockerfile/error.ts";
import { digestOfJson } from "../graph/definition.ts";
import type { BaseImage } from "../graph/graph.ts";
import type { StepResult } from "../steps/result.ts";

export interface BaseFinder {
	find(reference: string, platform: Platform, range: SourceRange): Promise<BaseImage>;
	/** Those that were found, by id. */
	readonly found: ReadonlyMap<string, FoundBase>;
}

export interface FoundBase {
	readonly tree: StepResult;
	/** As the Dockerfile names it. */
	readonly reference: string;
	/** By which its registry knows it; of an image that came from none its manifest's; none of another build's result. */
	readonly digest: Digest | undefined;
	readonly platform: Platform;
}

/** Finds images that stages stand on: here, or with `--pull` and where they are not, in their registries. */
export function baseFinder(
	images: Images,
	request: BuildRequest,
	{
		events,
		lease,
		signal,
	}: { readonly events: BuildEvents; readonly lease: Lease; readonly signal: AbortSignal },
): BaseFinder {
	const found = new Map<string, FoundBase>();
	return {
		found,
		async find(reference, platform, range) {
			const result = request.results?.get(reference);
			if (result !== undefined) return takeResult(result, reference, found);
			request.fence?.assertImage(reference);
			const image =
				(request.pull ? undefined : await findHere(images, { reference, platform, lease, signal })) ??
				(await pull(images, { reference, platform, request, events, signal }, range));
			hold(lease, image);
			const digest = knownDigest(images, image, reference);
			found.set(image.id, { tree: treeOf(image), reference, digest, platform });
			return baseOf(image, reference, platform);
		},
	};
}

/** The image of the name, or another platform of its index, which is unpacked then. */
async function findHere(
	images: Images,
	wanted: {
		readonly reference: string;
		readonly platform: Platform;
		readonly lease: Lease;
		readonly signal: AbortSignal;
	},
): Promise<ImageContent | undefined> {
	const { reference, platform, lease, signal } = wanted;
	const image = find(images, reference);
	if (image === undefined || isRunnableOn(image.config, platform)) return image;
	try {
		const { manifest, manifestDigest, config } = await images.variant(reference, platform);
		const variant = { id: manifest.config.digest, manifest, manifestDigest, config };
		await images.unpack(treeOf(variant).layers, { lease, signal });
		return variant;
	} catch (error) {
		if (isEngineError(error, "not_found")) return undefined;
		throw error;
	}
}

function knownDigest(images: Images, { id, manifestDigest }: ImageContent, reference: string): Digest {
	const repository = `${canonicalName(parseReference(reference))}@`;
	const name = images.find(id)?.repoDigests.find((one) => one.startsWith(repository));
	return name === undefined ? manifestDigest : (name.slice(repository.length) as Digest);
}

function find(images: Images, reference: string): ImageRecord | undefined {
	try {
		return images.find(reference);
	} catch (error) {
		if (isEngineError(error, "invalid_argument")) return undefined;
		throw error;
	}
}

async function pull(
	images: Images,
	wanted: {
		readonly reference: string;
		readonly platform: Platform;
		readonly request: BuildRequest;
		readonly events: BuildEvents;
		readonly signal: AbortSignal;
	},
	range: SourceRange,
): Promise<ImageRecord> {
	const { reference, platform, request, events, signal } = wanted;
	const vertex = digestOfJson({ pull: reference, platform });
	const name = `[internal] pull ${reference} for ${formatPlatform(platform)}`;
	events({ kind: "vertex", vertex: { digest: vertex, name, inputs: [], line: 0 } });
	events({ kind: "started", vertex, at: Date.now() });
	try {
		const auth = request.registryAuth.get(parseReference(reference).domain);
		const image = await images.pull(reference, {
			platform,
			signal,
			// What is pulled to be built for another machine takes no name away from what runs here.
			takesTag: isRunnableOn(hostPlatform(), platform),
			...(auth === undefined ? {} : { auth }),
			progress: ({ id, status, progressDetail }) => {
				if (id === undefined || status === undefined) return;
				const { current = 0, total = 0 } = progressDetail ?? {};
				const done = /complete|exists/i.test(status);
				events({ kind: "progress", vertex, id, name: status, current, total, at: Date.now(), done });
			},
		});
		events({ kind: "completed", vertex, cached: false, at: Date.now(), sizeBytes: image.sizeBytes });
		return image;
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		events({ kind: "failed", vertex, message, at: Date.now() });
		if (isEngineError(error, "invalid_argument"))
			throw new DockerfileError(message, { range, word: reference });
		throw error;
	}
}

function hold(lease: Lease, { id, manifestDigest, manifest, config }: ImageContent): void {
	for (const digest of [id, manifestDigest, ...manifest.layers.map(({ digest }) => digest)])
		lease.hold(digest);
	const top = chainId(config.rootfs.diff_ids);
	if (top !== undefined) lease.hold(top);
}

function treeOf({ manifest, config }: ImageContent): StepResult {
	const layers = manifest.layers.map(({ digest, size }, index) => ({
		diffId: config.rootfs.diff_ids[index]!,
		digest,
		size,
	}));
	return { layers, chainId: chainId(config.rootfs.diff_ids), layer: undefined };
}

/** What another build came to: it is held by who handed it in. */
function takeResult(
	{ id, tree, config }: KeptResult,
	reference: string,
	found: Map<string, FoundBase>,
): BaseImage {
	const { architecture, os, variant, history = [] } = config;
	const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
	found.set(id, { tree, reference, digest: undefined, platform });
	return {
		...{ reference, id, chainId: tree.chainId, history, platform },
		config: config.config ?? {},
		diffIds: config.rootfs.diff_ids,
	};
}

function baseOf(image: ImageContent, reference: string, platform: Platform): BaseImage {
	const { config } = image;
	return {
		reference,
		id: image.id,
		chainId: chainId(config.rootfs.diff_ids),
		config: config.config ?? {},
		diffIds: config.rootfs.diff_ids,
		history: config.history ?? [],
		platform: { ...platform, architecture: config.architecture || platform.architecture },
	};
}
