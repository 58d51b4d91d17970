import { EngineError, isEngineError } from "../lib/index.ts";
import { type Descriptor, type Digest, digestOf, mediaTypes, parseManifest } from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";
import { parsePayload } from "./payload.ts";
import { payloadType, signatureAnnotation, signatureManifest, signatureTag } from "./signature-manifest.ts";

export interface NewSignature {
	readonly payload: Uint8Array;
	readonly signature: Uint8Array;
}

/**
 * Puts a signature beside an image in its registry; those that are there stay. Blobs go first, so that the manifest
 * never names what is missing. Two who sign the same image at the same moment may lose one of the signatures, as with
 * cosign: the tag has no lock. Gives the digest that was signed.
 */
export async function pushSignature(
	repository: Repository,
	{ payload, signature }: NewSignature,
): Promise<Digest> {
	const { digest } = parsePayload(payload);
	if (!(await repository.hasManifest(digest)))
		throw new EngineError("not_found", `no image ${digest} in the registry to be signed`);
	const layer: Descriptor = {
		mediaType: payloadType,
		size: payload.length,
		digest: digestOf(payload),
		annotations: { [signatureAnnotation]: Buffer.from(signature).toString("base64") },
	};
	const present = await presentLayers(repository, digest);
	if (present.some((other) => isSame(other, layer))) return digest;
	const { manifest, config } = signatureManifest([...present, layer]);
	await upload(repository, payload);
	await upload(repository, config);
	await repository.putManifest(signatureTag(digest), mediaTypes.ociManifest, manifest);
	return digest;
}

async function presentLayers(repository: Repository, digest: Digest): Promise<readonly Descriptor[]> {
	try {
		const { bytes } = await repository.manifest(signatureTag(digest));
		return parseManifest(bytes, `signatures of ${digest}`).layers;
	} catch (error) {
		if (isEngineError(error, "not_found")) return [];
		throw error;
	}
}

function isSame(one: Descriptor, other: Descriptor): boolean {
	return (
		one.digest === other.digest &&
		one.annotations?.[signatureAnnotation] === other.annotations?.[signatureAnnotation]
	);
}

async function upload(repository: Repository, bytes: Uint8Array): Promise<void> {
	const descriptor = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.length };
	if (await repository.hasBlob(descriptor.digest)) return;
	await repository.uploadBlob(descriptor, {
		async *read({ start, end }) {
			yield bytes.subarray(start, end);
		},
	});
}
