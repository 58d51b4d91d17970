import { EngineError } from "../lib/index.ts";
import {
	type Descriptor,
	type Digest,
	digestOf,
	formatPlatform,
	isRunnableOn,
	type Manifest,
	mediaTypes,
	type Platform,
} from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageContent, LeafManifest } from "./contract.ts";
import { leafManifests, partsOf } from "./leaf-manifests.ts";
import { blobsOf } from "./records.ts";

/** What of an image goes into an archive. */
export interface ContentToSave {
	/** What its names stand for: its index, or its manifest. */
	readonly top: Descriptor;
	/** A manifest that is in no store: the image's own in OCI's words. */
	readonly made: { readonly digest: Digest; readonly bytes: Uint8Array } | undefined;
	/** From the store, in the order in which they are written. */
	readonly blobs: readonly Digest[];
	/** The image that a docker-archive shows, which knows one platform only. */
	readonly manifest: Manifest;
	readonly referrers: readonly Descriptor[];
}

/** @param platforms of an index only these are taken; `not_found` when one of them is not here. */
export async function contentToSave(
	context: ImagesContext,
	image: ImageContent,
	platforms: readonly Platform[] | undefined,
): Promise<ContentToSave> {
	const index = image.kept?.index;
	const referrers = image.kept?.referrers ?? [];
	const referring = referrers.map(({ descriptor }) => withArtifactType(descriptor));
	const { manifest } = image;
	if (index === undefined) {
		requireOwn(image, platforms);
		const platform = platformOf(image);
		const blobs = new Set([manifest.config, ...manifest.layers].map(({ digest }) => digest));
		for (const { blobs: more } of referrers) for (const digest of more) blobs.add(digest);
		// What a referrer names must stay as it is.
		const made = referrers.length === 0 ? ociManifest(manifest) : undefined;
		if (made === undefined) blobs.add(image.manifestDigest);
		const top = made === undefined ? ownTop(context, image) : { ...made.descriptor, platform };
		return { top, made, blobs: [...blobs], manifest, referrers: referring };
	}
	const leaves = (await leafManifests(context.content, image)).filter(({ isWhole }) => isWhole);
	const wanted = leaves.filter((leaf) => isWanted(leaf, leaves, platforms));
	const own = wanted.find(({ descriptor }) => descriptor.digest === image.manifestDigest);
	const shown = own ?? wanted.find(({ attests }) => attests === undefined);
	for (const platform of platforms ?? [])
		if (!wanted.some(({ descriptor }) => fits(descriptor, platform))) throw absent(image, platform);
	const all = new Set<Digest>(platforms === undefined ? blobsOf(image) : indexBlobs(index.blobs, leaves));
	for (const leaf of wanted)
		for (const { digest } of [leaf.descriptor, ...partsOf(leaf.manifest!)]) all.add(digest);
	for (const { blobs } of referrers) for (const digest of blobs) all.add(digest);
	const present = [...all].filter((digest) => context.content.has(digest));
	return {
		top: index.descriptor,
		made: undefined,
		blobs: present,
		manifest: shown?.manifest ?? manifest,
		referrers: referring,
	};
}

/** The index itself and those within it: what belongs to no single manifest. */
function indexBlobs(blobs: readonly Digest[], leaves: readonly LeafManifest[]): readonly Digest[] {
	const ofLeaves = new Set(
		leaves.flatMap(({ descriptor, manifest }) =>
			[descriptor, ...(manifest === undefined ? [] : partsOf(manifest))].map(({ digest }) => digest),
		),
	);
	return blobs.filter((digest) => !ofLeaves.has(digest));
}

function isWanted(
	leaf: LeafManifest,
	leaves: readonly LeafManifest[],
	platforms: readonly Platform[] | undefined,
): boolean {
	if (platforms === undefined) return true;
	const { descriptor } = leaves.find((other) => other.descriptor.digest === leaf.attests) ?? leaf;
	return platforms.some((platform) => fits(descriptor, platform));
}

function fits({ platform }: Descriptor, wanted: Platform): boolean {
	return platform !== undefined && isRunnableOn(platform, wanted);
}

function requireOwn(image: ImageContent, platforms: readonly Platform[] | undefined): void {
	for (const platform of platforms ?? [])
		if (!isRunnableOn(image.config, platform)) throw absent(image, platform);
}

function absent(image: ImageContent, platform: Platform): EngineError {
	return new EngineError(
		"not_found",
		`image ${image.id} was found but does not match the specified platform: ` +
			`wanted ${formatPlatform(platform)}, actual: ${formatPlatform(image.config)}`,
	);
}

function platformOf({ config: { architecture, os, variant } }: ImageContent): Platform {
	return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}

function ownTop({ content }: ImagesContext, image: ImageContent): Descriptor {
	return {
		mediaType: image.manifest.mediaType ?? mediaTypes.ociManifest,
		digest: image.manifestDigest,
		size: content.size(image.manifestDigest) ?? 0,
		platform: platformOf(image),
	};
}

/** Tells a reader that the entry is no image. */
function withArtifactType(descriptor: Descriptor): Descriptor {
	return { artifactType: "application/vnd.unknown.artifact.v1", ...descriptor };
}

const ociTypes: Readonly<Record<string, string>> = {
	[mediaTypes.dockerManifest]: mediaTypes.ociManifest,
	[mediaTypes.dockerConfig]: mediaTypes.ociConfig,
	[mediaTypes.dockerLayer]: mediaTypes.ociLayer,
	[mediaTypes.dockerLayerGzip]: mediaTypes.ociLayerGzip,
	[mediaTypes.dockerLayerZstd]: mediaTypes.ociLayerZstd,
};

/** An OCI layout holds OCI manifests; the config and layers are the same bytes under the other name. */
function ociManifest(manifest: Manifest): { digest: Digest; bytes: Uint8Array; descriptor: Descriptor } {
	const translate = (descriptor: Descriptor): Descriptor => ({
		...descriptor,
		mediaType: ociTypes[descriptor.mediaType] ?? descriptor.mediaType,
	});
	const translated: Manifest = {
		...manifest,
		mediaType: mediaTypes.ociManifest,
		config: translate(manifest.config),
		layers: manifest.layers.map(translate),
	};
	const bytes = Buffer.from(JSON.stringify(translated));
	const digest = digestOf(bytes);
	return { bytes, digest, descriptor: { mediaType: mediaTypes.ociManifest, digest, size: bytes.length } };
}
