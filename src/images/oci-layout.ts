import { EngineError } from "../lib/index.ts";
import {
	canonicalReference,
	checkOciLayout,
	type Descriptor,
	type Digest,
	isIndexType,
	maxManifestBytes,
	type Platform,
	parseManifestDocument,
	parseReference,
	withDefaultTag,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ArchiveParts } from "./archive-parts.ts";
import type { ArchivedImage } from "./archived-image.ts";
import { type LayoutEntry, readIndexedImage } from "./archived-index.ts";
import { type ArchivedReferrer, readReferrer, withReferrers } from "./archived-referrers.ts";
import type { ImagesContext } from "./context.ts";
import { savedTags } from "./docker-archive.ts";
import { readImage } from "./layout-parts.ts";

/** Where the full name of an image stands, as containerd and Docker write it. */
const nameAnnotation = "io.containerd.image.name";
/** The OCI layout's own place; often a tag alone. */
const refAnnotation = "org.opencontainers.image.ref.name";
const maxImages = 1_000;

/**
 * The images of an OCI layout; `undefined` when the archive is none, or when it is a docker-archive beside it and only
 * that one knows the names.
 * https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function readOciLayout(
	context: ImagesContext,
	parts: ArchiveParts,
	{ lease, platforms }: { lease: Lease; platforms: readonly Platform[] | undefined },
): Promise<readonly ArchivedImage[] | undefined> {
	if (!parts.has("oci-layout") || !parts.has("index.json")) return undefined;
	checkOciLayout(await parts.bytes("oci-layout", 4096));
	const document = parseManifestDocument(await parts.bytes("index.json", maxManifestBytes), "index.json");
	if (document.kind !== "index") throw new EngineError("corrupt", "index.json is no image index");
	const { manifests } = document.index;
	const names = new Set(manifests.map(tagOf));
	if ((await savedTags(parts)).some((tag) => !names.has(tag))) return undefined;
	const images = new Map<Digest, ArchivedImage>();
	const referrers: ArchivedReferrer[] = [];
	for (const entry of manifests) {
		if (isAttestation(entry)) continue;
		const referrer = await readReferrer(context, parts, { descriptor: entry, lease });
		if (referrer !== undefined) referrers.push(referrer);
		if (referrer !== undefined) continue;
		const tag = tagOf(entry);
		const image =
			images.get(entry.digest) ?? (await readEntry(context, parts, { descriptor: entry, lease, platforms }));
		images.set(entry.digest, tag === undefined ? image : { ...image, tags: [...image.tags, tag] });
		if (images.size > maxImages)
			throw new EngineError("too_large", `index.json has more than ${maxImages} images`);
	}
	return [...images.values()].map((image) => withReferrers(image, referrers));
}

function readEntry(context: ImagesContext, parts: ArchiveParts, entry: LayoutEntry): Promise<ArchivedImage> {
	return isIndexType(entry.descriptor.mediaType)
		? readIndexedImage(context, parts, entry)
		: readImage(context, parts, entry);
}

/** BuildKit's provenance beside an image is none itself. */
export function isAttestation({ annotations, platform }: Descriptor): boolean {
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
