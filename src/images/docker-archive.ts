import { EngineError } from "../lib/index.ts";
import {
	canonicalReference,
	type Digest,
	maxConfigBytes,
	maxLayerDepth,
	parseImageConfig,
	parseReference,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ArchiveParts } from "./archive-parts.ts";
import { type ArchivedImage, checkOperatingSystem, makeManifest } from "./archived-image.ts";
import type { ImagesContext } from "./context.ts";
import { blobCompression, decompress } from "./decompress.ts";

/** One element of `manifest.json`. https://github.com/moby/docker-image-spec */
interface SavedImage {
	readonly config: string;
	readonly tags: readonly string[];
	readonly layers: readonly string[];
}

const manifestName = "manifest.json";
const maxManifestJsonBytes = 8 * 1024 * 1024;
const maxImages = 1_000;

/** The images of a docker-archive; `undefined` when the archive is none. */
export async function readDockerArchive(
	context: ImagesContext,
	parts: ArchiveParts,
	lease: Lease,
): Promise<readonly ArchivedImage[] | undefined> {
	if (!parts.has(manifestName)) return undefined;
	const saved = parseSavedImages(await parts.bytes(manifestName, maxManifestJsonBytes));
	const images: ArchivedImage[] = [];
	for (const image of saved) images.push(await readImage(context, parts, { image, lease }));
	return images;
}

/** The names in an archive's `manifest.json`, canonical; none where there is none. */
export async function savedTags(parts: ArchiveParts): Promise<readonly string[]> {
	if (!parts.has(manifestName)) return [];
	const saved = parseSavedImages(await parts.bytes(manifestName, maxManifestJsonBytes));
	return saved.flatMap(({ tags }) => tags.map(parseSavedTag));
}

async function readImage(
	context: ImagesContext,
	parts: ArchiveParts,
	{ image, lease }: { image: SavedImage; lease: Lease },
): Promise<ArchivedImage> {
	const config = parseImageConfig(
		await parts.bytes(image.config, maxConfigBytes),
		`image config ${image.config}`,
	);
	checkOperatingSystem(config);
	const diffIds = config.rootfs.diff_ids;
	if (diffIds.length !== image.layers.length) {
		throw new EngineError(
			"corrupt",
			`invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${image.layers.length}`,
		);
	}
	const layers: { diffId: Digest; digest: Digest; size: number }[] = [];
	for (const [index, name] of image.layers.entries())
		layers.push({ diffId: diffIds[index]!, ...(await layerBlob(context, parts, { name, lease })) });
	const made = await makeManifest(context, await parts.blob(image.config), { layers, lease });
	return { ...made, config, layers, tags: image.tags.map(parseSavedTag) };
}

/** Layers of images are plain, gzip or zstd; an archive may hold others, which are undone here. */
async function layerBlob(
	context: ImagesContext,
	parts: ArchiveParts,
	{ name, lease }: { name: string; lease: Lease },
): Promise<{ digest: Digest; size: number }> {
	const blob = await parts.blob(name);
	const compression = await blobCompression(context, blob.digest);
	if (compression !== "bzip2" && compression !== "xz") return blob;
	return context.content.write(
		decompress(context.content.stream(blob.digest), `layer ${name}`),
		{},
		{
			lease,
			maxBytes: context.limits.blobBytes,
		},
	);
}

function parseSavedTag(tag: string): string {
	const reference = parseReference(tag);
	if (reference.tag === undefined) throw new EngineError("corrupt", `invalid tag ${JSON.stringify(tag)}`);
	return canonicalReference({ domain: reference.domain, path: reference.path, tag: reference.tag });
}

function parseSavedImages(bytes: Uint8Array): SavedImage[] {
	const wrong = (what: string) => new EngineError("corrupt", `${manifestName}: expected ${what}`);
	let list: unknown;
	try {
		list = JSON.parse(Buffer.from(bytes).toString());
	} catch (error) {
		throw new EngineError("corrupt", `${manifestName} is not valid JSON`, { cause: error });
	}
	if (!Array.isArray(list) || list.length > maxImages) throw wrong(`an array of at most ${maxImages} images`);
	return list.map((element) => {
		const { Config, RepoTags, Layers } = (element ?? {}) as Record<string, unknown>;
		if (typeof Config !== "string") throw wrong("a Config in each image");
		const tags = RepoTags ?? [];
		const layers = Layers ?? [];
		if (!isStrings(tags)) throw wrong("RepoTags to be strings");
		if (!isStrings(layers)) throw wrong("Layers to be strings");
		if (layers.length > maxLayerDepth) throw new EngineError("invalid_argument", "max depth exceeded");
		return { config: Config, tags, layers };
	});
}

function isStrings(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((element) => typeof element === "string");
}
