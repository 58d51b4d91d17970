import { gzipSync } from "node:zlib";
import { type Descriptor, type Digest, digestHex, digestOf } from "../../src/oci/index.ts";
import { hostArchitecture } from "./busybox-image.ts";
import { buildTar } from "./tar-builder.ts";

const oci = "application/vnd.oci.image";
export const predicateType = "https://slsa.dev/provenance/v0.2";
export const signatureType = "application/vnd.example.signature";

/** An OCI layout as BuildKit and ORAS write them. */
export interface IndexedLayout {
	readonly archive: Buffer;
	readonly index: Digest;
	/** Manifests: for this machine, for another, the first one's attestation, and what refers to the first. */
	readonly own: Digest;
	readonly other: Digest;
	readonly attestation: Digest;
	readonly referrer: Digest;
	readonly otherArchitecture: string;
	readonly statement: object;
	/** Every blob of it. */
	readonly blobs: ReadonlyMap<Digest, Buffer>;
}

/**
 * An index with an image for this machine and one for another, an attestation for the first, and a manifest whose
 * subject is the first. @param leaveOut the other machine's image: named by the index, but not in the archive.
 */
export function indexedLayout(name: string, { leaveOutOther = false } = {}): IndexedLayout {
	const blobs = new Map<Digest, Buffer>();
	const put = (mediaType: string, content: Buffer | object): Descriptor => {
		const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
		const digest = digestOf(bytes);
		blobs.set(digest, bytes);
		return { mediaType, digest, size: bytes.length };
	};
	const manifest = (more: object) =>
		put(`${oci}.manifest.v1+json`, { schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, ...more });
	const image = (architecture: string) => {
		const tar = buildTar([{ name: "architecture", data: architecture }]);
		const config = put(`${oci}.config.v1+json`, {
			architecture,
			os: "linux",
			created: "2026-01-01T00:00:00Z",
			config: { Env: [`ARCHITECTURE=${architecture}`] },
			rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
			history: [{ created: "2026-01-01T00:00:00Z", created_by: `made for ${architecture}` }],
		});
		return { ...manifest({ config, layers: [put(`${oci}.layer.v1.tar+gzip`, gzipSync(tar))] }) };
	};
	const otherArchitecture = hostArchitecture() === "arm64" ? "amd64" : "arm64";
	const own = image(hostArchitecture());
	const before = new Set(blobs.keys());
	const other = image(otherArchitecture);
	if (leaveOutOther) for (const digest of blobs.keys()) if (!before.has(digest)) blobs.delete(digest);
	const statement = {
		_type: "https://in-toto.io/Statement/v0.1",
		predicateType,
		subject: [],
		predicate: { a: 1 },
	};
	const attestation = manifest({
		config: put(`${oci}.config.v1+json`, {
			architecture: "unknown",
			os: "unknown",
			rootfs: { type: "layers", diff_ids: [] },
		}),
		layers: [
			{
				...put("application/vnd.in-toto+json", statement),
				annotations: { "in-toto.io/predicate-type": predicateType },
			},
		],
	});
	const referrer = manifest({
		artifactType: signatureType,
		config: put("application/vnd.oci.empty.v1+json", {}),
		layers: [put("text/plain", Buffer.from("signed"))],
		subject: own,
		annotations: { by: "somebody" },
	});
	const index = put(`${oci}.index.v1+json`, {
		schemaVersion: 2,
		mediaType: `${oci}.index.v1+json`,
		manifests: [
			{ ...own, platform: { os: "linux", architecture: hostArchitecture() } },
			{ ...other, platform: { os: "linux", architecture: otherArchitecture } },
			{
				...attestation,
				platform: { os: "unknown", architecture: "unknown" },
				annotations: {
					"vnd.docker.reference.type": "attestation-manifest",
					"vnd.docker.reference.digest": own.digest,
				},
			},
		],
	});
	const archive = buildTar([
		...[...blobs].map(([digest, data]) => ({ name: `blobs/sha256/${digestHex(digest)}`, data })),
		{ name: "oci-layout", data: JSON.stringify({ imageLayoutVersion: "1.0.0" }) },
		{
			name: "index.json",
			data: JSON.stringify({
				schemaVersion: 2,
				manifests: [
					{ ...index, annotations: { "io.containerd.image.name": name } },
					{ ...referrer, artifactType: signatureType },
				],
			}),
		},
	]);
	return {
		archive,
		index: index.digest,
		own: own.digest,
		other: other.digest,
		attestation: attestation.digest,
		referrer: referrer.digest,
		otherArchitecture,
		statement,
		blobs,
	};
}
