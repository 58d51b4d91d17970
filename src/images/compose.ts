import {
	type Descriptor,
	type Digest,
	type ImageConfigFile,
	type Index,
	type Manifest,
	mediaTypes,
	type Platform,
	parseImageConfig,
} from "../oci/index.ts";
import { makeManifest } from "./archived-image.ts";
import { compressedLayer } from "./compress-layers.ts";
import type { ImagesContext } from "./context.ts";
import type {
	ComposedImage,
	ComposedVariant,
	ComposeOptions,
	LayerOfImage,
	Statement,
	VariantToCompose,
} from "./contract.ts";

/** Where in an index an attestation says what it is about. BuildKit, docs/attestations/attestation-storage.md */
const attestationOf = (digest: Digest) => ({
	"vnd.docker.reference.digest": digest,
	"vnd.docker.reference.type": "attestation-manifest",
});
const statementType = "application/vnd.in-toto+json";
const unknownPlatform: Platform = { architecture: "unknown", os: "unknown" };

/**
 * Makes what images consist of, of layers whose blobs are in the content store: configs, manifests, attestations and
 * an index. All of it is held by the caller's lease and has no name yet; the same variants give the same digests.
 *
 * On disk after a kill: blobs that no image names, which the next start collects.
 */
export async function composeImage(context: ImagesContext, options: ComposeOptions): Promise<ComposedImage> {
	const blobs = new Set<Digest>();
	const lease: ComposeOptions["lease"] = {
		hold(id) {
			blobs.add(id as Digest);
			options.lease.hold(id);
		},
		[Symbol.dispose]: () => undefined,
	};
	const variants: ComposedVariant[] = [];
	for (const variant of options.variants) {
		for (const { digest } of variant.layers) options.lease.hold(digest);
		variants.push(await composeVariant(context, variant, { ...options, lease }));
	}
	const attestations: Descriptor[] = [];
	for (const [position, variant] of variants.entries()) {
		const statements = (await options.attest?.(variant, position)) ?? [];
		if (statements.length > 0)
			attestations.push(await composeAttestation(context, variant, { statements, lease }));
	}
	const isIndex = options.isIndex || variants.length > 1 || attestations.length > 0;
	const index = isIndex
		? await put(context, lease, {
				mediaType: mediaTypes.ociIndex,
				document: {
					schemaVersion: 2,
					mediaType: mediaTypes.ociIndex,
					manifests: [...variants.map(({ descriptor }) => descriptor), ...attestations],
					...present(options.indexAnnotations ?? {}),
				} satisfies Index,
			})
		: undefined;
	return { variants, index, blobs: [...blobs] };
}

type Lease = ComposeOptions["lease"];

async function composeVariant(
	context: ImagesContext,
	{ config: given, layers: plain, annotations }: VariantToCompose,
	{ isCompressed, lease, signal }: ComposeOptions,
): Promise<ComposedVariant> {
	const layers: LayerOfImage[] = [];
	for (const layer of plain) {
		const packed = isCompressed ? await compressedLayer(context, layer, { lease, signal }) : layer;
		lease.hold(packed.digest);
		layers.push({ ...layer, ...packed });
	}
	const bytes = Buffer.from(JSON.stringify(given));
	const written = await context.content.put(bytes, { lease });
	// As the next daemon will read it.
	const config = parseImageConfig(bytes, `image config ${written.digest}`);
	const { manifest, manifestDigest } = await makeManifest(context, written, { layers, lease, annotations });
	const descriptor = {
		mediaType: manifest.mediaType!,
		digest: manifestDigest,
		size: context.content.size(manifestDigest)!,
		platform: platformOf(config),
	};
	return { manifest, manifestDigest, config, layers, descriptor };
}

/** A manifest whose layers are statements. Its own entry says in annotations which image they are about. */
async function composeAttestation(
	context: ImagesContext,
	{ manifestDigest }: ComposedVariant,
	{ statements, lease }: { readonly statements: readonly Statement[]; readonly lease: Lease },
): Promise<Descriptor> {
	const layers: Descriptor[] = [];
	for (const { predicateType, bytes } of statements) {
		const { digest, size } = await context.content.put(bytes, { lease });
		const annotations = { "in-toto.io/predicate-type": predicateType };
		layers.push({ mediaType: statementType, digest, size, annotations });
	}
	const config = await put(context, lease, {
		mediaType: mediaTypes.ociConfig,
		document: {
			...unknownPlatform,
			config: {},
			rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
		} satisfies ImageConfigFile,
	});
	const manifest = await put(context, lease, {
		mediaType: mediaTypes.ociManifest,
		document: { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers } satisfies Manifest,
	});
	return { ...manifest, annotations: attestationOf(manifestDigest), platform: unknownPlatform };
}

async function put(
	{ content }: ImagesContext,
	lease: Lease,
	{ mediaType, document }: { readonly mediaType: string; readonly document: unknown },
): Promise<Descriptor> {
	const { digest, size } = await content.put(Buffer.from(JSON.stringify(document)), { lease });
	return { mediaType, digest, size };
}

function platformOf({ architecture, os, variant }: ImageConfigFile): Platform {
	return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}

function present(annotations: Readonly<Record<string, string>>): Pick<Index, "annotations"> {
	return Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } };
}
