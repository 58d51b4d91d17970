import { EngineError, isEngineError } from "../lib/index.ts";
import { type Descriptor, type Digest, digestOf, parseManifest } from "../oci/index.ts";
import type { SignatureSource } from "./contract.ts";
import { maxPayloadBytes } from "./payload.ts";
import {
	payloadType,
	signatureAnnotation,
	signatureArtifactType,
	signatureTag,
} from "./signature-manifest.ts";

export interface FetchedSignature {
	readonly payload: Uint8Array;
	readonly signature: Uint8Array;
}

const maxSignatures = 64;
const maxManifests = 16;
const maxSignatureBytes = 4096;

/**
 * The signatures that a registry has for a digest: under cosign's tag, and in manifests that refer to it. Not checked
 * with any key yet. Those that are damaged or beyond bounds are left out: they cannot make an image trusted.
 */
export async function* fetchSignatures(
	source: SignatureSource,
	digest: Digest,
): AsyncGenerator<FetchedSignature, void, undefined> {
	let count = 0;
	for await (const layer of signatureLayers(source, digest)) {
		if (++count > maxSignatures) return;
		const signature = Buffer.from(layer.annotations?.[signatureAnnotation] ?? "", "base64");
		if (signature.length === 0 || signature.length > maxSignatureBytes) continue;
		const payload = await readPayload(source, layer);
		if (payload !== undefined) yield { payload, signature };
	}
}

async function* signatureLayers(source: SignatureSource, digest: Digest): AsyncGenerator<Descriptor> {
	yield* layersOf(source, signatureTag(digest));
	const referrers = await source.referrers(digest, signatureArtifactType);
	for (const { digest: referrer } of referrers.slice(0, maxManifests)) yield* layersOf(source, referrer);
}

async function* layersOf(source: SignatureSource, tagOrDigest: string): AsyncGenerator<Descriptor> {
	try {
		const { bytes, digest } = await source.manifest(tagOrDigest);
		const { layers } = parseManifest(bytes, `signatures ${digest}`);
		yield* layers.filter(({ mediaType }) => mediaType === payloadType);
	} catch (error) {
		if (!isEngineError(error, "not_found") && !isEngineError(error, "corrupt")) throw error;
	}
}

async function readPayload(source: SignatureSource, layer: Descriptor): Promise<Uint8Array | undefined> {
	if (layer.size > maxPayloadBytes) return undefined;
	const pieces: Uint8Array[] = [];
	let length = 0;
	try {
		for await (const piece of source.blob(layer)) {
			length += piece.length;
			if (length > layer.size) return undefined;
			pieces.push(Uint8Array.from(piece));
		}
	} catch (error) {
		if (error instanceof EngineError && error.code === "not_found") return undefined;
		throw error;
	}
	const bytes = Buffer.concat(pieces);
	return digestOf(bytes) === layer.digest ? bytes : undefined;
}
