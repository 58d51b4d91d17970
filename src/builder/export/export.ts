import type { ComposedImage } from "../../images/index.ts";
import { type Digest, parseReference } from "../../oci/index.ts";
import type { ArchiveExport, BuildResult, Export, TreeExport } from "../contract.ts";
import type { SolveContext } from "../solve/context.ts";
import { attestVariant } from "./attest/attest-variant.ts";
import { exportTrees } from "./export-trees.ts";
import { type Exporting, variantOf } from "./variants.ts";

type ImageExport = Exclude<Export, TreeExport>;

/** Gives what was built to all that want it. Without an export it stays in the cache. */
export async function exportResult(context: SolveContext, exporting: Exporting): Promise<BuildResult> {
	const { request } = context;
	let first: Made | undefined;
	for (const wanted of request.exports) {
		if (isTree(wanted)) {
			await exportTrees(context, exporting, wanted);
			continue;
		}
		const made = await exportImage(context, exporting, wanted);
		first ??= made;
	}
	const names = request.exports.flatMap((one) => ("names" in one ? one.names : []));
	return { ...resultOf(first, names), config: exporting.graphs[0]!.config };
}

interface Made {
	readonly composed: ComposedImage;
	/** Of the platform that stands for all: in the store the one that runs here, else the first. */
	readonly imageId: string;
	/** By which a registry knows it, where it was pushed. */
	readonly digest: Digest;
}

async function exportImage(context: SolveContext, exporting: Exporting, wanted: ImageExport): Promise<Made> {
	const { images } = context;
	const { signal } = exporting;
	const { names } = wanted;
	const composed = await compose(context, exporting, wanted);
	const { manifestDigest, manifest } = composed.variants[0]!;
	const digest = composed.index?.digest ?? manifestDigest;
	if (wanted.type !== "image") {
		await wanted.sink.write(images.saveComposed(composed, { names, signal }));
		return { composed, imageId: manifest.config.digest, digest };
	}
	const { id } = await images.storeComposed(composed, { names, signal });
	if (!wanted.push) return { composed, imageId: id, digest };
	let pushed: Digest | undefined;
	for (const name of names) pushed = await push(context, name, signal);
	return { composed, imageId: id, digest: pushed ?? digest };
}

/**
 * Several platforms, and whatever is said about an image, make an index. Its layers are compressed when it is to be
 * pushed: afterwards they cannot, as the index names them.
 */
async function compose(
	context: SolveContext,
	exporting: Exporting,
	wanted: ImageExport,
): Promise<ComposedImage> {
	const { images, request } = context;
	const { graphs, signal } = exporting;
	const lease = noted(context);
	const variants = [];
	for (const graph of graphs) variants.push(await variantOf(context, graph, exporting));
	const isPushed = wanted.type === "image" && wanted.push;
	const isAttested = isAttestedIn(context, wanted);
	const isIndex = graphs.length > 1 || isAttested;
	return images.compose({
		...{ variants, isIndex, lease, signal },
		isCompressed: isIndex && isPushed,
		indexAnnotations: request.indexAnnotations ?? {},
		...(isAttested
			? {
					attest: (variant, position) =>
						attestVariant(context, exporting, { graph: graphs[position]!, variant, names: wanted.names }),
				}
			: {}),
	});
}

/** The build's lease; what it comes to hold is given up with the build unless an image has it then. */
function noted({ lease, toRelease }: SolveContext): SolveContext["lease"] {
	return {
		hold(id) {
			toRelease.push(id as Digest);
			lease.hold(id);
		},
		[Symbol.dispose]: () => undefined,
	};
}

/** What a client adds unasked goes to registries and archives: an image of the store is one manifest then. */
function isAttestedIn({ request }: SolveContext, wanted: ArchiveExport | ImageExport): boolean {
	if (request.sbom) return true;
	if (request.provenance === undefined) return false;
	return !request.provenance.isUnasked || wanted.type === "oci" || (wanted.type === "image" && wanted.push);
}

async function push({ images, request }: SolveContext, name: string, signal: AbortSignal) {
	const auth = request.registryAuth.get(parseReference(name).domain);
	let digest: Digest | undefined;
	await images.push(name, {
		progress: ({ aux }) => {
			digest = (aux as { Digest?: Digest } | undefined)?.Digest ?? digest;
		},
		signal,
		...(auth === undefined ? {} : { auth }),
	});
	return digest;
}

function resultOf(made: Made | undefined, names: readonly string[]): Omit<BuildResult, "config"> {
	if (made === undefined) return { imageId: "", manifestDigest: "", metadata: {} };
	const { composed, digest, imageId } = made;
	const { index, variants } = composed;
	const isSingle = variants.length === 1;
	return {
		imageId,
		manifestDigest: index === undefined ? digest : variants[0]!.manifestDigest,
		...(index === undefined ? {} : { indexDigest: index.digest }),
		metadata: {
			...(isSingle ? { "containerimage.config.digest": imageId } : {}),
			"containerimage.descriptor": { ...(index ?? variants[0]!.descriptor), digest },
			"containerimage.digest": digest,
			"image.name": names.join(","),
		},
	};
}

function isTree(wanted: Export): wanted is TreeExport {
	return wanted.type === "tar" || wanted.type === "local";
}
