import { EngineError, isEngineError } from "../lib/index.ts";
import {
	type Descriptor,
	type Digest,
	type Manifest,
	maxManifestBytes,
	mediaTypes,
	parseManifestDocument,
} from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { KeptContent, KeptManifest } from "./contract.ts";
import { download } from "./download.ts";
import { attestedBy } from "./leaf-manifests.ts";
import type { Pulling } from "./pulling.ts";
import type { ResolvedImage } from "./resolve.ts";
import { shortId } from "./short-id.ts";

/** Of one attestation or referrer, its parts together; what is larger stays in the registry. */
const maxArtifactBytes = 64 * 1024 * 1024;
const maxReferrers = 100;

/**
 * Brings what belongs to an image beside its layers: the index that names it, its attestations, and what refers to the
 * one or the other. A pull does not fail for want of these: what cannot be had is said and left out.
 */
export async function fetchKept(
	context: ImagesContext,
	pulling: Pulling,
	resolved: ResolvedImage,
): Promise<KeptContent | undefined> {
	const index = await fetchIndex(context, pulling, resolved);
	const subjects = [...new Set([resolved.manifestDigest, resolved.topDigest])];
	const found = await Promise.allSettled(
		subjects.map((subject) => fetchReferrers(context, pulling, subject)),
	);
	const failed = found.find(({ status }) => status === "rejected");
	if (failed?.status === "rejected") throw failed.reason;
	const referrers = found.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
	return index === undefined && referrers.length === 0
		? undefined
		: { ...(index === undefined ? {} : { index }), referrers };
}

async function fetchIndex(
	context: ImagesContext,
	pulling: Pulling,
	{ indexes, manifestDigest }: ResolvedImage,
): Promise<KeptManifest | undefined> {
	const [top] = indexes;
	if (top === undefined) return undefined;
	const blobs = new Set<Digest>();
	for (const { bytes } of indexes)
		blobs.add((await context.content.put(bytes, { lease: pulling.lease })).digest);
	const attestations = indexes
		.at(-1)!
		.index.manifests.filter((entry) => attestedBy(entry) === manifestDigest);
	for (const attestation of attestations.slice(0, maxReferrers)) {
		const kept = await orLeftOut(context, pulling, {
			what: `attestation ${attestation.digest}`,
			work: () => fetchArtifact(context, pulling, attestation.digest),
		});
		for (const digest of kept?.blobs ?? []) blobs.add(digest);
	}
	return { descriptor: top.descriptor, blobs: [...blobs] };
}

async function fetchReferrers(
	context: ImagesContext,
	pulling: Pulling,
	subject: Digest,
): Promise<readonly KeptManifest[]> {
	const listed = await orLeftOut(context, pulling, {
		what: `what refers to ${subject}`,
		work: () => pulling.repository.referrers(subject),
	});
	const kept: KeptManifest[] = [];
	for (const { digest } of (listed ?? []).slice(0, maxReferrers)) {
		const referrer = await orLeftOut(context, pulling, {
			what: `referrer ${digest}`,
			work: () => fetchArtifact(context, pulling, digest, subject),
		});
		if (referrer !== undefined) kept.push(referrer);
	}
	return kept;
}

/** @param subject what it must refer to: lists of referrers are not signed by anybody. */
async function fetchArtifact(
	context: ImagesContext,
	pulling: Pulling,
	digest: Digest,
	subject?: Digest,
): Promise<KeptManifest> {
	const { content } = context;
	const { lease, signal, repository } = pulling;
	lease.hold(digest);
	const bytes = content.has(digest)
		? await content.read(digest, maxManifestBytes)
		: (await repository.manifest(digest)).bytes;
	const document = parseManifestDocument(bytes, `manifest ${digest}`);
	if (document.kind !== "manifest") throw new EngineError("not_implemented", "it is an index");
	const { manifest, mediaType } = document;
	if (subject !== undefined && manifest.subject?.digest !== subject)
		throw new EngineError("corrupt", `it refers to ${manifest.subject?.digest ?? "nothing"}`);
	const parts = [manifest.config, ...manifest.layers];
	const total = parts.reduce((sum, { size }) => sum + size, 0);
	if (total > maxArtifactBytes)
		throw new EngineError("too_large", `it has ${total} bytes, more than ${maxArtifactBytes}`);
	for (const descriptor of parts)
		await download(context, repository, {
			descriptor,
			options: { lease, signal, maxBytes: maxArtifactBytes },
		});
	await content.put(bytes, { lease });
	return {
		descriptor: artifactDescriptor(manifest, { mediaType, digest, size: bytes.length }),
		blobs: [digest, ...parts.map((part) => part.digest)],
	};
}

/** As registries list it: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers */
export function artifactDescriptor(
	{ artifactType, config, annotations }: Manifest,
	descriptor: Descriptor,
): Descriptor {
	const type = artifactType ?? (config.mediaType === mediaTypes.ociConfig ? undefined : config.mediaType);
	return {
		...descriptor,
		...(type === undefined ? {} : { artifactType: type }),
		...(annotations === undefined ? {} : { annotations }),
	};
}

async function orLeftOut<T>(
	{ log }: ImagesContext,
	{ signal, options }: Pulling,
	{ what, work }: { what: string; work: () => Promise<T> },
): Promise<T | undefined> {
	try {
		return await work();
	} catch (error) {
		// A full disk is everybody's problem, and a bug must not hide.
		if (signal.aborted || !isEngineError(error) || error.code === "no_space") throw error;
		log.warn("images", { leftOut: what, error: error.message });
		options.progress({ id: shortIdOf(what), status: `Left out ${what}: ${error.message}` });
		return undefined;
	}
}

function shortIdOf(what: string): string {
	return shortId(what.slice(what.indexOf("sha256:")) as Digest);
}
