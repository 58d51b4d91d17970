import type { ImageRecord, Images } from "../../images/index.ts";
import { isEngineError } from "../../lib/index.ts";
import { type Digest, formatPlatform, isRunnableOn, type Platform, parseReference } from "../../oci/index.ts";
import type { Lease } from "../../store/index.ts";
import type { BuildEvents, BuildRequest } from "../contract.ts";
import { DockerfileError, type SourceRange } from "../dockerfile/error.ts";
import { digestOfJson } from "../graph/definition.ts";
import type { BaseImage } from "../graph/graph.ts";
import type { StepResult } from "../steps/result.ts";

export interface BaseFinder {
	find(reference: string, platform: Platform, range: SourceRange): Promise<BaseImage>;
	/** Trees of those that were found, by id. */
	readonly trees: ReadonlyMap<string, StepResult>;
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
	const trees = new Map<string, StepResult>();
	return {
		trees,
		async find(reference, platform, range) {
			const here = request.pull ? undefined : find(images, reference);
			const image =
				here !== undefined && isRunnableOn(here.config, platform)
					? here
					: await pull(images, { reference, platform, request, events, signal }, range);
			hold(lease, image);
			trees.set(image.id, treeOf(image));
			return baseOf(image, reference, platform);
		},
	};
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

function hold(lease: Lease, { id, manifestDigest, manifest, chainId }: ImageRecord): void {
	for (const digest of [id, manifestDigest, ...manifest.layers.map(({ digest }) => digest)])
		lease.hold(digest);
	if (chainId !== undefined) lease.hold(chainId);
}

function treeOf({ manifest, config, chainId }: ImageRecord): StepResult {
	const layers = manifest.layers.map(({ digest, size }, index) => ({
		diffId: config.rootfs.diff_ids[index]!,
		digest,
		size,
	}));
	return { layers, chainId, layer: undefined };
}

function baseOf(image: ImageRecord, reference: string, platform: Platform): BaseImage {
	const { config, chainId } = image;
	return {
		reference,
		id: image.id as Digest,
		chainId,
		config: config.config ?? {},
		diffIds: config.rootfs.diff_ids,
		history: config.history ?? [],
		platform: { ...platform, architecture: config.architecture || platform.architecture },
	};
}
