import { EngineError } from "../lib/index.ts";
import {
	bestPlatform,
	canonicalReference,
	checkOciLayout,
	type Descriptor,
	digestHex,
	digestOf,
	formatPlatform,
	type Index,
	isImageConfigType,
	isLayerType,
	type Manifest,
	maxConfigBytes,
	maxManifestBytes,
	parseImageConfig,
	parseManifestDocument,
	parseReference,
	withDefaultTag,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ArchiveParts } from "./archive-parts.ts";
import { type ArchivedImage, checkOperatingSystem } from "./archived-image.ts";
import type { ImagesContext } from "./context.ts";

/** Where the full name of an image stands, as containerd and Docker write it. */
const nameAnnotation = "io.containerd.image.name";
/** The OCI layout's own place; often a tag alone. */
const refAnnotation = "org.opencontainers.image.ref.name";
const maxImages = 1_000;
const maxNesting = 4;

/**
 * The images of an OCI layout; `undefined` when the archive is none, or when it is a docker-archive beside it and only
 * that one knows the names.
 * https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function readOciLayout(
	context: ImagesContext,
	parts: ArchiveParts,
	lease: Lease,
): Promise<readonly ArchivedImage[] | undefined> {
	if (!parts.has("oci-layout") || !parts.has("index.json")) return undefined;
	checkOciLayout(await parts.bytes("oci-layout", 4096));
	const document = parseManifestDocument(await parts.bytes("index.json", maxManifestBytes), "index.json");
	if (document.kind !== "index") throw new EngineError("corrupt", "index.json is no image index");
	const { manifests } = document.index;
	if (parts.has("manifest.json") && manifests.some((entry) => tagOf(entry) === undefined)) return undefined;
	const images = new Map<string, ArchivedImage>();
	for (const entry of manifests) {
		if (isAttestation(entry)) continue;
		const descriptor = await imageManifest(context, parts, { descriptor: entry, nesting: 0 });
		const known = images.get(descriptor.digest);
		const tag = tagOf(entry);
		const image = known ?? (await readImage(context, parts, { descriptor, lease }));
		images.set(descriptor.digest, tag === undefined ? image : { ...image, tags: [...image.tags, tag] });
		if (images.size > maxImages)
			throw new EngineError("too_large", `index.json has more than ${maxImages} images`);
	}
	return [...images.values()];
}

/** Follows nested indexes to the manifest for this machine. */
async function imageManifest(
	context: ImagesContext,
	parts: ArchiveParts,
	{ descriptor, nesting }: { descriptor: Descriptor; nesting: number },
): Promise<Descriptor> {
	const document = await readDocument(parts, descriptor);
	if (document.kind === "manifest") return descriptor;
	if (nesting === maxNesting)
		throw new EngineError("corrupt", `index ${descriptor.digest} is nested too deep`);
	return imageManifest(context, parts, { descriptor: choose(context, document.index), nesting: nesting + 1 });
}

function choose({ platform }: ImagesContext, { manifests }: Index): Descriptor {
	const best = bestPlatform(
		manifests.map((entry) => entry.platform),
		platform,
	);
	const only = manifests.length === 1 ? manifests[0] : undefined;
	const chosen = manifests[best] ?? (only?.platform === undefined ? only : undefined);
	if (chosen !== undefined) return chosen;
	throw new EngineError(
		"not_found",
		`no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
	);
}

async function readDocument(parts: ArchiveParts, { digest, mediaType }: Descriptor) {
	const bytes = await parts.bytes(blobName(digest), maxManifestBytes);
	if (digestOf(bytes) !== digest)
		throw new EngineError("corrupt", `${blobName(digest)} in the archive has the digest ${digestOf(bytes)}`);
	return parseManifestDocument(bytes, `manifest ${digest}`, mediaType);
}

async function readImage(
	context: ImagesContext,
	parts: ArchiveParts,
	{ descriptor, lease }: { descriptor: Descriptor; lease: Lease },
): Promise<ArchivedImage> {
	const document = await readDocument(parts, descriptor);
	if (document.kind !== "manifest") throw new EngineError("corrupt", `${descriptor.digest} is no manifest`);
	const { manifest } = document;
	checkMediaTypes(manifest, descriptor);
	await storeVerified(context, parts, { descriptor, lease });
	await storeVerified(context, parts, { descriptor: manifest.config, lease });
	const bytes = await context.content.read(manifest.config.digest, maxConfigBytes);
	const config = parseImageConfig(bytes, `image config ${manifest.config.digest}`);
	checkOperatingSystem(config);
	const diffIds = config.rootfs.diff_ids;
	if (diffIds.length !== manifest.layers.length) {
		throw new EngineError(
			"corrupt",
			`manifest ${descriptor.digest} has ${manifest.layers.length} layers, its config ${diffIds.length}`,
		);
	}
	for (const layer of manifest.layers) await storeVerified(context, parts, { descriptor: layer, lease });
	const layers = manifest.layers.map(({ digest, size }, index) => ({
		diffId: diffIds[index]!,
		digest,
		size,
	}));
	return { manifestDigest: descriptor.digest, manifest, config, layers, tags: [] };
}

export function checkMediaTypes(manifest: Manifest, { digest }: Pick<Descriptor, "digest">): void {
	if (!isImageConfigType(manifest.config.mediaType)) {
		throw new EngineError(
			"not_implemented",
			`manifest ${digest} is no container image: its config has the media type ${manifest.config.mediaType}`,
		);
	}
	for (const { mediaType } of manifest.layers) {
		if (!isLayerType(mediaType))
			throw new EngineError("not_implemented", `manifest ${digest} has a layer of media type ${mediaType}`);
	}
}

/** The member under the name of its digest must have that digest, and the announced size. */
async function storeVerified(
	{ content }: ImagesContext,
	parts: ArchiveParts,
	{ descriptor: { digest, size }, lease }: { descriptor: Descriptor; lease: Lease },
): Promise<void> {
	lease.hold(digest);
	// A layer that the store has may be left out of the archive.
	const stored = parts.has(blobName(digest))
		? await parts.blob(blobName(digest))
		: storedBlob(content, digest);
	if (stored === undefined) throw new EngineError("corrupt", `${blobName(digest)} is not in the archive`);
	if (stored.digest !== digest)
		throw new EngineError("corrupt", `${blobName(digest)} in the archive has the digest ${stored.digest}`);
	if (stored.size !== size)
		throw new EngineError("corrupt", `${digest} has ${stored.size} bytes instead of the announced ${size}`);
}

function storedBlob(content: ImagesContext["content"], digest: Descriptor["digest"]) {
	const size = content.size(digest);
	return size === undefined ? undefined : { digest, size };
}

function blobName(digest: Descriptor["digest"]): string {
	return `blobs/sha256/${digestHex(digest)}`;
}

/** BuildKit's provenance beside an image is none itself. */
function isAttestation({ annotations, platform }: Descriptor): boolean {
	return annotations?.["vnd.docker.reference.type"] !== undefined || platform?.os === "unknown";
}

/** Canonical, if the entry says a whole name. */
function tagOf({ annotations }: Descriptor): string | undefined {
	const name = annotations?.[nameAnnotation] ?? annotations?.[refAnnotation];
	if (name === undefined || (annotations?.[nameAnnotation] === undefined && !/[:/]/.test(name)))
		return undefined;
	const { domain, path, tag } = withDefaultTag(parseReference(name));
	return canonicalReference({ domain, path, tag: tag ?? "latest" });
}
