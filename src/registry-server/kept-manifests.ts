import type { ImageRecord } from "../images/index.ts";
import { type Descriptor, type Digest, maxManifestBytes, parseManifest } from "../oci/index.ts";
import type { RegistryContext } from "./context.ts";
import type { PublishedManifest } from "./repositories.ts";
import type { RequestPath } from "./request-path.ts";

/**
 * What local images keep beside their own manifest, as the repositories of their names have it: the index, where all
 * of it is here, what it names, and what refers to the image. `undefined` when no image keeps what is asked for.
 */
export async function findKept(
	context: RegistryContext,
	{ repository, target }: RequestPath & { kind: "manifest" },
): Promise<PublishedManifest | undefined> {
	if ("tag" in target) {
		if (context.repositories.isPushed(repository, target.tag)) return undefined;
		const image = context.images.find(`${repository}:${target.tag}`);
		return image === undefined ? undefined : wholeIndex(context, image);
	}
	for (const image of imagesOf(context, repository)) {
		const found = await keptBy(context, image, target.digest);
		if (found !== undefined) return found;
	}
	return undefined;
}

/** Manifests that local images keep because their subject is this one. */
export async function keptReferrers(
	context: RegistryContext,
	repository: string,
	subject: Digest,
): Promise<readonly Descriptor[]> {
	const found: Descriptor[] = [];
	for (const image of imagesOf(context, repository))
		for (const { descriptor } of image.kept?.referrers ?? []) {
			const bytes = await context.content.read(descriptor.digest, maxManifestBytes);
			if (parseManifest(bytes, `manifest ${descriptor.digest}`).subject?.digest === subject)
				found.push(descriptor);
		}
	return found;
}

async function wholeIndex(
	{ images }: RegistryContext,
	image: ImageRecord,
): Promise<PublishedManifest | undefined> {
	const index = image.kept?.index;
	if (index === undefined) return undefined;
	const leaves = await images.manifests(image);
	return leaves.length > 0 && leaves.every(({ isWhole }) => isWhole) ? index.descriptor : undefined;
}

async function keptBy(
	context: RegistryContext,
	image: ImageRecord,
	digest: Digest,
): Promise<PublishedManifest | undefined> {
	const { index, referrers = [] } = image.kept ?? {};
	if (index?.descriptor.digest === digest) return wholeIndex(context, image);
	const referrer = referrers.find(({ descriptor }) => descriptor.digest === digest);
	if (referrer !== undefined) return referrer.descriptor;
	if (!index?.blobs.includes(digest)) return undefined;
	const leaves = await context.images.manifests(image);
	return leaves.find((leaf) => leaf.isWhole && leaf.descriptor.digest === digest)?.descriptor;
}

function imagesOf({ images, repositories }: RegistryContext, repository: string): readonly ImageRecord[] {
	return images.list().filter((image) => image.kept !== undefined && repositories.isLocal(image, repository));
}
