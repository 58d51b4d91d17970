import { isEngineError } from "../lib/index.ts";
import {
	type Descriptor,
	type Digest,
	digestHex,
	type Index,
	mediaTypes,
	parseManifestDocument,
} from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord } from "./contract.ts";
import { leafManifest } from "./leaf-manifests.ts";
import { type PushTarget, pushLeaf } from "./push-index.ts";

/**
 * Pushes what refers to the manifests that were pushed. A registry that does not list referrers by itself gets them
 * in an index with a tag made of the digest:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
 */
export async function pushReferrers(
	context: ImagesContext,
	target: PushTarget,
	{ image, subjects }: { image: ImageRecord; subjects: readonly (Digest | undefined)[] },
): Promise<void> {
	const unlisted = new Map<Digest, Descriptor[]>();
	for (const { descriptor } of image.kept?.referrers ?? []) {
		const leaf = await leafManifest(context.content, descriptor);
		const subject = leaf.manifest?.subject?.digest;
		if (subject === undefined || !leaf.isWhole || !subjects.includes(subject)) continue;
		const { listsReferrers } = await pushLeaf(context, target, leaf);
		if (!listsReferrers) unlisted.set(subject, [...(unlisted.get(subject) ?? []), descriptor]);
	}
	for (const [subject, referrers] of unlisted) await listByTag(target.repository, subject, referrers);
}

async function listByTag(
	repository: Repository,
	subject: Digest,
	referrers: readonly Descriptor[],
): Promise<void> {
	const tag = `sha256-${digestHex(subject)}`;
	const listed = await listedByTag(repository, tag);
	const all = new Map([...listed, ...referrers].map((one) => [one.digest, one]));
	if (all.size === listed.length) return;
	const index: Index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...all.values()] };
	await repository.putManifest(tag, mediaTypes.ociIndex, Buffer.from(JSON.stringify(index)));
}

async function listedByTag(repository: Repository, tag: string): Promise<readonly Descriptor[]> {
	try {
		const { bytes, mediaType } = await repository.manifest(tag);
		const document = parseManifestDocument(bytes, `referrers ${tag}`, mediaType);
		return document.kind === "index" ? document.index.manifests : [];
	} catch (error) {
		if (isEngineError(error, "not_found")) return [];
		throw error;
	}
}
