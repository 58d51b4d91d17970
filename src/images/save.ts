import { EngineError, type TarEntry, tarEntry, tarName, writeTar } from "../lib/index.ts";
import {
	type Digest,
	digestHex,
	familiarName,
	familiarReference,
	type Index,
	mediaTypes,
	parseReference,
	type Reference,
	withDefaultTag,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import { type ContentToSave, contentToSave } from "./content-to-save.ts";
import type { ImagesContext } from "./context.ts";
import type { ComposedImage, ImageRecord, SaveOptions } from "./contract.ts";
import { findImage, getImage, wholeId } from "./find.ts";
import { publishImage } from "./publish.ts";
import { blobsOf } from "./records.ts";
import { keptOf, mainVariant } from "./store-composed.ts";

type SavedContent = Pick<SavedImage, "tags"> & ContentToSave;

interface SavedImage {
	readonly image: ImageRecord;
	readonly tags: Reference[];
}

/**
 * Writes images as one archive that is an OCI layout and a docker-archive at once: `docker load`, podman, skopeo and
 * umoci read it. A name without a tag saves all tags of its repository, an id saves no name. What an image came with
 * (its index, what refers to it) goes with it, byte for byte.
 */
export async function* saveImages(
	context: ImagesContext,
	references: readonly string[],
	{ platforms, signal }: SaveOptions = {},
): AsyncIterable<Uint8Array> {
	using lease = context.leases.create();
	const selected = selectImages(context, references, lease);
	const images: SavedContent[] = [];
	for (const { image, tags } of selected)
		images.push({ tags, ...(await contentToSave(context, image, platforms)) });
	for (const { image } of selected) publishImage(context, image, "save");
	yield* writeTar(entries(context, images, signal));
}

/** What was composed as such an archive, though it is no image of the store. The caller holds its blobs. */
export async function* saveComposed(
	context: ImagesContext,
	composed: ComposedImage,
	{ names, signal }: { readonly names: readonly string[]; readonly signal?: AbortSignal },
): AsyncIterable<Uint8Array> {
	const { manifest, manifestDigest, config } = mainVariant(context, composed);
	const kept = keptOf(composed);
	const image = { id: manifest.config.digest, manifest, manifestDigest, config, ...(kept && { kept }) };
	const tags = names.map((name) => withDefaultTag(parseReference(name)));
	const content = await contentToSave(context, image, undefined);
	yield* writeTar(entries(context, [{ tags, ...content }], signal));
}

/** Held before the first byte is sent, so that no removal takes a layer half-way. */
function selectImages(context: ImagesContext, references: readonly string[], lease: Lease): SavedImage[] {
	if (references.length === 0) throw new EngineError("invalid_argument", "no image to save was named");
	const selected = new Map<Digest, SavedImage>();
	for (const text of references) {
		for (const { image, tag } of matching(context, text)) {
			const saved = selected.get(image.id) ?? { image, tags: [] };
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

type Item = { entry: TarEntry; content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> };

async function* entries(
	context: ImagesContext,
	images: readonly SavedContent[],
	signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
	yield folder("blobs/");
	yield folder("blobs/sha256/");
	const written = new Set<Digest>();
	for (const { made, blobs } of images) {
		if (made !== undefined && !written.has(made.digest)) {
			written.add(made.digest);
			yield file(blobName(made.digest), made.bytes);
		}
		for (const digest of blobs) {
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

/**
 * One entry for each name, as Docker 25 writes it; one without annotations for an image without names; and one for
 * each manifest that refers to an image, as ORAS has it.
 */
function indexOf(images: readonly SavedContent[]): Index {
	return {
		schemaVersion: 2,
		mediaType: mediaTypes.ociIndex,
		manifests: images.flatMap(({ tags, top, referrers }) => {
			if (tags.length === 0) return [top, ...referrers];
			const named = tags.map((tag) => ({
				...top,
				annotations: {
					"io.containerd.image.name": `${tag.domain}/${tag.path}:${tag.tag}`,
					"org.opencontainers.image.ref.name": tag.tag!,
				},
			}));
			return [...named, ...referrers];
		}),
	};
}

function dockerManifest({ manifest, tags }: SavedContent) {
	return {
		Config: blobName(manifest.config.digest),
		RepoTags: tags.length === 0 ? null : tags.map(familiarReference),
		Layers: manifest.layers.map(({ digest }) => blobName(digest)),
	};
}

function repositoriesOf(images: readonly SavedContent[]): Record<string, Record<string, string>> {
	const repositories: Record<string, Record<string, string>> = {};
	for (const { manifest, tags } of images) {
		const top = manifest.layers.at(-1)?.digest;
		if (top === undefined) continue;
		for (const tag of tags) {
			const name = familiarName(tag);
			repositories[name] = { ...repositories[name], [tag.tag!]: digestHex(top) };
		}
	}
	return repositories;
}
