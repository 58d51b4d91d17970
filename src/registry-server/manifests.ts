import type { ImageRecord } from "../images/index.ts";
import { EngineError, failpoint } from "../lib/index.ts";
import {
	bestPlatform,
	type Descriptor,
	type Digest,
	digestOf,
	hostPlatform,
	isIndexType,
	isManifestType,
	type ManifestDocument,
	maxManifestBytes,
	mediaTypes,
	parseManifestDocument,
} from "../oci/index.ts";
import type { RegistryContext } from "./context.ts";
import type { PushedManifest } from "./contract.ts";
import { RegistryError } from "./registry-error.ts";
import type { PublishedManifest } from "./repositories.ts";
import type { RequestPath } from "./request-path.ts";

type ManifestPath = RequestPath & { kind: "manifest" };

export function findManifest(
	{ repositories }: RegistryContext,
	{ name, repository, target }: ManifestPath,
): PublishedManifest {
	const found =
		"tag" in target
			? repositories.byTag(repository, target.tag)
			: repositories.byDigest(repository, target.digest);
	if (found !== undefined) return found;
	if (!repositories.has(repository))
		throw new RegistryError(404, "NAME_UNKNOWN", `repository ${name} is not known to the registry`);
	const what = "tag" in target ? `tag ${target.tag}` : target.digest;
	throw new RegistryError(404, "MANIFEST_UNKNOWN", `${name} has no ${what}`);
}

/**
 * Takes a manifest whose blobs have come before it. A tagged one that is a container image, or an index with one for
 * this machine, is an image here once this resolves.
 *
 * On disk after a kill: the blobs without a row, which the next start collects; or the row with its tags, and the image
 * perhaps not yet named: then the tag is of no image, and the next start drops it. The client has no answer in either
 * case and pushes again.
 */
export async function putManifest(
	context: RegistryContext,
	{ repository, target }: ManifestPath,
	{ bytes, mediaType, signal }: { bytes: Uint8Array; mediaType: string | undefined; signal: AbortSignal },
): Promise<PushedManifest> {
	const digest = digestOf(bytes);
	if ("digest" in target && target.digest !== digest)
		throw new RegistryError(
			400,
			"DIGEST_INVALID",
			`the manifest has the digest ${digest}, not ${target.digest}`,
		);
	using _lock = await context.locks.acquire(repository, signal);
	const document = readDocument(bytes, mediaType);
	using lease = context.leases.create();
	const { blobs, children } = namedBy(document);
	for (const one of [digest, ...blobs, ...children]) lease.hold(one);
	checkNamed(context, repository, { blobs, children });
	await context.content.put(bytes, { lease });
	const known = context.pushed.get(repository, digest);
	const tags = "tag" in target ? [target.tag] : [];
	const image =
		"tag" in target
			? await adopt(context, document, { digest, size: bytes.length, repository, ...target })
			: undefined;
	if ("tag" in target && image === undefined) await untagLocal(context, `${repository}:${target.tag}`);
	const imageId = image?.id ?? known?.imageId;
	const pushed: PushedManifest = {
		repository,
		digest,
		mediaType: document.mediaType,
		size: bytes.length,
		tags: [...new Set([...(known?.tags ?? []), ...tags])],
		pushedAt: new Date().toISOString(),
		...(imageId === undefined ? {} : { imageId }),
		blobs: [digest, ...blobs, ...children],
		children,
		...describe(document),
	};
	failpoint("registry-server.put.before-row");
	context.pushed.put(pushed);
	failpoint("registry-server.put.after-row");
	await context.sweep();
	return pushed;
}

/** Takes a tag, or a manifest with all its tags. What a container uses stays as an image without the name. */
export async function deleteManifest(context: RegistryContext, path: ManifestPath): Promise<void> {
	const { repository, target } = path;
	using _lock = await context.locks.acquire(repository);
	const found = findManifest(context, path);
	const tags =
		"tag" in target
			? [target.tag]
			: context.repositories
					.tags(repository)
					.filter((tag) => context.repositories.byTag(repository, tag)?.digest === found.digest);
	for (const tag of tags) {
		await untagLocal(context, `${repository}:${tag}`);
		const push = context.pushed.byTag(repository, tag);
		if (push !== undefined) context.pushed.put({ ...push, tags: push.tags.filter((one) => one !== tag) });
	}
	if ("digest" in target) {
		await untagLocal(context, `${repository}@${target.digest}`);
		const push = context.pushed.get(repository, target.digest);
		if (push !== undefined) await context.images.release(context.pushed.delete(push));
	}
	await context.sweep();
}

function readDocument(bytes: Uint8Array, mediaType: string | undefined): ManifestDocument {
	if (bytes.length > maxManifestBytes)
		throw new RegistryError(413, "SIZE_INVALID", `the manifest has more than ${maxManifestBytes} bytes`);
	const type = (mediaType ?? "").replace(/;.*$/s, "").trim();
	const known = isManifestType(type) || isIndexType(type) ? type : undefined;
	try {
		return parseManifestDocument(bytes, "the manifest", known);
	} catch (error) {
		if (!(error instanceof EngineError)) throw error;
		throw new RegistryError(400, "MANIFEST_INVALID", error.message);
	}
}

function namedBy(document: ManifestDocument): { blobs: Digest[]; children: Digest[] } {
	const digests = (list: readonly Descriptor[]) => [...new Set(list.map(({ digest }) => digest))];
	if (document.kind === "index") return { blobs: [], children: digests(document.index.manifests) };
	const { config, layers } = document.manifest;
	// A layer that registries may not hand out stays where its urls say.
	return { blobs: digests([config, ...layers.filter(({ urls }) => !urls?.length)]), children: [] };
}

function checkNamed(
	{ content, repositories }: RegistryContext,
	repository: string,
	{ blobs, children }: { blobs: readonly Digest[]; children: readonly Digest[] },
): void {
	const missing =
		blobs.find((digest) => !content.has(digest)) ??
		children.find((digest) => repositories.byDigest(repository, digest) === undefined);
	if (missing === undefined) return;
	throw new RegistryError(
		404,
		"MANIFEST_BLOB_UNKNOWN",
		`the manifest names ${missing}, which was not pushed`,
	);
}

/** The image to have under the tag here, if the document is or names one that this machine can have. */
async function adopt(
	{ images }: RegistryContext,
	document: ManifestDocument,
	{ digest, size, repository, tag }: { digest: Digest; size: number; repository: string; tag: string },
): Promise<ImageRecord | undefined> {
	const chosen = document.kind === "manifest" ? digest : entryForHost(document.index.manifests)?.digest;
	if (chosen === undefined) return undefined;
	// Not the request's signal: a client that hangs up now has sent everything.
	return images.adopt(chosen, {
		tag: `${repository}:${tag}`,
		...(document.kind === "index" ? { index: { mediaType: document.mediaType, digest, size } } : {}),
	});
}

function entryForHost(manifests: readonly Descriptor[]): Descriptor | undefined {
	const platforms = manifests.map(({ platform }) => platform);
	const best = manifests[bestPlatform(platforms, hostPlatform())];
	return best?.platform === undefined ? undefined : best;
}

/** The name goes from the image that has it; the image goes too when that was its last and nothing uses it. */
async function untagLocal({ images, usedBy }: RegistryContext, name: string): Promise<void> {
	if (images.find(name) === undefined) return;
	await images.remove(name, { force: true, noPrune: false, usedBy });
}

function describe(document: ManifestDocument): Partial<PushedManifest> {
	if (document.kind === "index") return annotated(document.index.annotations);
	const { subject, artifactType, config, annotations } = document.manifest;
	const type = artifactType ?? (config.mediaType === mediaTypes.ociConfig ? undefined : config.mediaType);
	return {
		...(subject === undefined ? {} : { subject: subject.digest }),
		...(type === undefined ? {} : { artifactType: type }),
		...annotated(annotations),
	};
}

function annotated(annotations: Record<string, string> | undefined): Partial<PushedManifest> {
	return annotations === undefined ? {} : { annotations };
}
