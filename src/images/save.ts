import { EngineError, type TarEntry, tarEntry, tarName, writeTar } from "../lib/index.ts";
import {
	type Descriptor,
	type Digest,
	digestHex,
	digestOf,
	familiarName,
	familiarReference,
	type Index,
	type Manifest,
	mediaTypes,
	parseReference,
	type Reference,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord } from "./contract.ts";
import { findImage, getImage, wholeId } from "./find.ts";
import { publishImage } from "./publish.ts";
import { blobsOf } from "./records.ts";

interface SavedImage {
	readonly image: ImageRecord;
	readonly tags: Reference[];
	/** As an OCI manifest, whatever kind the image came with. */
	readonly manifest: { readonly digest: Digest; readonly bytes: Uint8Array };
}

/**
 * Writes images as one archive that is an OCI layout and a docker-archive at once: `docker load`, podman, skopeo and
 * umoci read it. A name without a tag saves all tags of its repository, an id saves no name.
 */
export async function* saveImages(
	context: ImagesContext,
	references: readonly string[],
	signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
	using lease = context.leases.create();
	const images = selectImages(context, references, lease);
	for (const { image } of images) publishImage(context, image, "save");
	yield* writeTar(entries(context, images, signal));
}

/** Held before the first byte is sent, so that no removal takes a layer half-way. */
function selectImages(context: ImagesContext, references: readonly string[], lease: Lease): SavedImage[] {
	if (references.length === 0) throw new EngineError("invalid_argument", "no image to save was named");
	const selected = new Map<Digest, SavedImage>();
	for (const text of references) {
		for (const { image, tag } of matching(context, text)) {
			const saved = selected.get(image.id) ?? { image, tags: [], manifest: ociManifest(image.manifest) };
			selected.set(image.id, saved);
			if (
				tag !== undefined &&
				!saved.tags.some((known) => familiarReference(known) === familiarReference(tag))
			)
				saved.tags.push(tag);
			for (const digest of blobsOf(image)) lease.hold(digest);
		}
	}
	return [...selected.values()];
}

function matching({ records }: ImagesContext, text: string): { image: ImageRecord; tag?: Reference }[] {
	if (wholeId(text) !== undefined) return [{ image: getImage(records, text) }];
	const image = findImage(records, text);
	const isName = image === undefined || !image.id.slice("sha256:".length).startsWith(text);
	if (!isName) return [{ image }];
	if (/^sha256:[0-9a-f]+$/.test(text) && image !== undefined) return [{ image }];
	const reference = parseReference(text);
	if (reference.digest !== undefined) return [{ image: getImage(records, text) }];
	if (reference.tag !== undefined) return [{ image: getImage(records, text), tag: reference }];
	const all = records.all().flatMap((record) =>
		record.tags
			.map((tag) => parseReference(tag))
			.filter((tag) => familiarName(tag) === familiarName(reference))
			.map((tag) => ({ image: record, tag })),
	);
	return all.length > 0 ? all : [{ image: getImage(records, text) }];
}

const ociTypes: Readonly<Record<string, string>> = {
	[mediaTypes.dockerManifest]: mediaTypes.ociManifest,
	[mediaTypes.dockerConfig]: mediaTypes.ociConfig,
	[mediaTypes.dockerLayer]: mediaTypes.ociLayer,
	[mediaTypes.dockerLayerGzip]: mediaTypes.ociLayerGzip,
	[mediaTypes.dockerLayerZstd]: mediaTypes.ociLayerZstd,
};

/** An OCI layout holds OCI manifests; the config and layers are the same bytes under the other name. */
function ociManifest(manifest: Manifest): SavedImage["manifest"] {
	const translate = (descriptor: Descriptor): Descriptor => ({
		...descriptor,
		mediaType: ociTypes[descriptor.mediaType] ?? descriptor.mediaType,
	});
	const translated: Manifest = {
		...manifest,
		mediaType: mediaTypes.ociManifest,
		config: translate(manifest.config),
		layers: manifest.layers.map(translate),
	};
	const bytes = Buffer.from(JSON.stringify(translated));
	return { bytes, digest: digestOf(bytes) };
}

type Item = { entry: TarEntry; content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> };

async function* entries(
	context: ImagesContext,
	images: readonly SavedImage[],
	signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
	yield folder("blobs/");
	yield folder("blobs/sha256/");
	const written = new Set<Digest>();
	for (const { image, manifest } of images) {
		if (!written.has(manifest.digest)) yield file(blobName(manifest.digest), manifest.bytes);
		written.add(manifest.digest);
		for (const { digest } of [image.manifest.config, ...image.manifest.layers]) {
			if (written.has(digest)) continue;
			written.add(digest);
			yield blob(context, digest, signal);
		}
	}
	yield json("index.json", indexOf(images));
	yield json("manifest.json", images.map(dockerManifest));
	yield json("oci-layout", { imageLayoutVersion: "1.0.0" });
	yield json("repositories", repositoriesOf(images));
}

function blob({ content }: ImagesContext, digest: Digest, signal: AbortSignal | undefined): Item {
	const size = content.size(digest);
	if (size === undefined) throw new EngineError("corrupt", `content ${digest} is missing in the store`);
	async function* stream() {
		for await (const bytes of content.stream(digest)) {
			signal?.throwIfAborted();
			yield bytes;
		}
	}
	return { entry: tarEntry({ name: blobName(digest), size }), content: stream() };
}

function folder(name: string): Item {
	return { entry: tarEntry({ name, type: "directory" }) };
}

function file(name: string, bytes: Uint8Array): Item {
	return { entry: tarEntry({ name: tarName(name), size: bytes.length }), content: [bytes] };
}

function json(name: string, value: unknown): Item {
	return file(name, Buffer.from(JSON.stringify(value)));
}

function blobName(digest: Digest): string {
	return `blobs/sha256/${digestHex(digest)}`;
}

/** One entry for each name, as Docker 25 writes it; one without annotations for an image without names. */
function indexOf(images: readonly SavedImage[]): Index {
	return {
		schemaVersion: 2,
		mediaType: mediaTypes.ociIndex,
		manifests: images.flatMap(({ image, tags, manifest }) => {
			const { architecture, os, variant } = image.config;
			const descriptor: Descriptor = {
				mediaType: mediaTypes.ociManifest,
				digest: manifest.digest,
				size: manifest.bytes.length,
				platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
			};
			if (tags.length === 0) return [descriptor];
			return tags.map((tag) => ({
				...descriptor,
				annotations: {
					"io.containerd.image.name": `${tag.domain}/${tag.path}:${tag.tag}`,
					"org.opencontainers.image.ref.name": tag.tag!,
				},
			}));
		}),
	};
}

function dockerManifest({ image, tags }: SavedImage) {
	return {
		Config: blobName(image.id),
		RepoTags: tags.length === 0 ? null : tags.map(familiarReference),
		Layers: image.manifest.layers.map(({ digest }) => blobName(digest)),
	};
}

function repositoriesOf(images: readonly SavedImage[]): Record<string, Record<string, string>> {
	const repositories: Record<string, Record<string, string>> = {};
	for (const { image, tags } of images) {
		const top = image.manifest.layers.at(-1)?.digest;
		if (top === undefined) continue;
		for (const tag of tags) {
			const name = familiarName(tag);
			repositories[name] = { ...repositories[name], [tag.tag!]: digestHex(top) };
		}
	}
	return repositories;
}
