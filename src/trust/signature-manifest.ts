import {
	type Descriptor,
	type Digest,
	digestHex,
	digestOf,
	type Manifest,
	mediaTypes,
} from "../oci/index.ts";

export const payloadType = "application/vnd.dev.cosign.simplesigning.v1+json";
export const signatureAnnotation = "dev.cosignproject.cosign/signature";
/** Of manifests that say by `subject` what they sign, in place of a tag. */
export const signatureArtifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";

/** The tag that signatures of an image stand under, in its own repository. */
export function signatureTag(digest: Digest): string {
	return `sha256-${digestHex(digest)}.sig`;
}

/** A manifest that lists signatures, and the config it needs to pass for an image. */
export function signatureManifest(layers: readonly Descriptor[]): {
	manifest: Uint8Array;
	config: Uint8Array;
} {
	const zero = "0001-01-01T00:00:00Z";
	const config = Buffer.from(
		JSON.stringify({
			architecture: "",
			created: zero,
			history: layers.map(() => ({ created: zero })),
			os: "",
			rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
			config: {},
		}),
	);
	const manifest: Manifest = {
		schemaVersion: 2,
		mediaType: mediaTypes.ociManifest,
		config: { mediaType: mediaTypes.ociConfig, size: config.length, digest: digestOf(config) },
		layers: [...layers],
	};
	return { manifest: Buffer.from(JSON.stringify(manifest)), config };
}
