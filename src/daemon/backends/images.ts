import type { Containers } from "../../containers/index.ts";
import type { ImageRecord, Images, Progress } from "../../images/index.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import { type Platform, parsePlatform, parseReference, parseTag } from "../../oci/index.ts";
import type { Registry } from "../../registry/index.ts";
import type { ImageBackend, ProgressLine } from "../../server/index.ts";
import type { ContentStore, SnapshotDriver } from "../../store/index.ts";
import { historyItem, imageInspect, imageSummary } from "./image-answers.ts";
import { imageAttestations } from "./image-attestations.ts";
import { imageFilter, withMatchingNames } from "./image-filter.ts";
import { imageDescriptor, imageIdentity, imageManifests } from "./image-manifest.ts";
import { sharedSizes } from "./image-sizes.ts";
import { importSource } from "./import-source.ts";
import { prunableImage } from "./prunable-image.ts";
import { registryAuth } from "./registry-auth.ts";

export interface ImageRooms {
	readonly images: Images;
	readonly registry: Registry;
	readonly content: ContentStore;
	readonly snapshots: SnapshotDriver;
	readonly containers: Containers;
}

/** The images room as the routes want it. */
export function imageBackend(rooms: ImageRooms): ImageBackend {
	const { images, containers } = rooms;
	const usedBy = containers.usersOfImage;
	return {
		...transfers(rooms),
		async list({ all, filters, sharedSize, manifests, identity }) {
			const matches = imageFilter(images, filters);
			const records = images.list();
			const sharedOf = sharedSize ? sharedSizes(records, rooms.snapshots) : () => -1;
			const listed = records
				.filter((image) => (all || !isIntermediate(images, image)) && matches(image))
				.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
				.map(withMatchingNames(filters));
			return Promise.all(
				listed.map(async (image) => ({
					...imageSummary(image, { containers: -1, sharedSize: sharedOf(image) }),
					...(await manifestsOf(rooms, image, { manifests, identity })),
				})),
			);
		},
		async inspect(reference, { platform, manifests }) {
			const record = images.get(reference);
			const image = platform === undefined ? record : await variantOf(rooms, record, { reference, platform });
			const Identity = imageIdentity(record);
			return {
				...imageInspect(image, rooms.snapshots),
				...(await manifestsOf(rooms, image, { manifests, identity: true })),
				...(Identity === undefined ? {} : { Identity }),
			};
		},
		async history(reference, { platform }) {
			const wanted = platform === undefined ? undefined : parsePlatform(platform);
			return (await images.history(reference, wanted)).map(historyItem);
		},
		attestations: (reference, options) => imageAttestations(rooms, reference, options),
		async tag(reference, { repo, tag }) {
			images.tag(reference, tag === "" ? repo : `${repo}:${parseTag(tag)}`);
		},
		async remove(reference, { platforms, ...options }) {
			const variants = await Promise.all(
				platforms.map((platform) => images.variant(reference, parsePlatform(platform))),
			);
			// With the platform that is unpacked the image goes, and with it all the others.
			if (variants.length > 0 && variants.every(({ isUnpacked }) => !isUnpacked)) {
				const manifests = variants.map(({ manifestDigest }) => manifestDigest);
				return (await images.removeVariants(reference, manifests)).map(deletion);
			}
			const deleted = await images.remove(reference, { ...options, usedBy });
			return deleted.map(deletion);
		},
		async prune(filters) {
			const matches = prunableImage(images, filters);
			const { deleted, reclaimedBytes } = await images.prune({ matches, usedBy });
			return { ImagesDeleted: deleted.map(deletion), SpaceReclaimed: reclaimedBytes };
		},
		async auth(config) {
			const domain = (config.serveraddress ?? "").replace(/^https?:\/\//, "").replace(/\/.*$/, "");
			const { identityToken } = await rooms.registry.login(domain || "docker.io", registryAuth(config));
			return { Status: "Login Succeeded", IdentityToken: identityToken ?? "" };
		},
	};
}

/** What moves images in and out. */
function transfers({ images }: ImageRooms) {
	return {
		async pull(request, emit, signal) {
			const { platform, auth } = request;
			await images.pull(withTag(request.fromImage, request.tag), {
				allTags: isNameOnly(request.fromImage) && request.tag === "",
				...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
				...(auth === undefined ? {} : { auth: registryAuth(auth) }),
				progress: emitter(emit),
				signal,
			});
		},
		async push(reference, { tag, platform, auth }, emit, signal) {
			const name = withTag(reference, tag);
			await images.push(name, {
				...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
				...(auth === undefined ? {} : { auth: registryAuth(auth) }),
				progress: emitter(emit),
				signal,
			});
		},
		async import({ source, repo, tag, message, changes, platform, body }, emit, signal) {
			const reference = repo === "" ? undefined : withTag(repo, tag);
			if (source !== "-") emit({ status: `Downloading from ${source}` });
			const tar = source === "-" ? body : importSource(source, signal);
			const image = await refusing(images.import)(tar, {
				...(reference === undefined ? {} : { reference }),
				message,
				changes,
				...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
				progress: emitter(emit),
				signal,
			});
			emit({ status: image.id });
		},
		async load(body, { platforms, quiet, mayName }, emit, signal) {
			const progress = emitter(emit);
			await refusing(images.load)(body, {
				progress: quiet ? withoutBars(progress) : progress,
				...wantedPlatforms(platforms),
				...(mayName === undefined ? {} : { mayName }),
				signal,
			});
		},
		async save(references, { platforms }, signal) {
			// What is not there is an error of the request, before the stream begins.
			for (const reference of references) if (!hasRepository(images, reference)) images.get(reference);
			for (const platform of platforms)
				for (const reference of references) await images.variant(reference, parsePlatform(platform));
			return images.save(references, { ...wantedPlatforms(platforms), signal });
		},
	} satisfies Partial<ImageBackend>;
}

function wantedPlatforms(platforms: readonly string[]): { platforms?: readonly Platform[] } {
	return platforms.length === 0 ? {} : { platforms: platforms.map(parsePlatform) };
}

/** A platform's image of an index, as if it were one of its own. */
async function variantOf(
	{ images, content }: ImageRooms,
	record: ImageRecord,
	{ reference, platform }: { reference: string; platform: string },
): Promise<ImageRecord> {
	const variant = await images.variant(reference, parsePlatform(platform));
	if (variant.isUnpacked) return record;
	const { manifest, manifestDigest, config } = variant;
	const sizeBytes = manifest.layers.reduce((sum, { digest }) => sum + (content.size(digest) ?? 0), 0);
	const createdAt = config.created ?? record.createdAt;
	return {
		...record,
		manifest,
		manifestDigest,
		config,
		createdAt,
		id: manifest.config.digest,
		chainId: undefined,
		sizeBytes,
	};
}

/** The descriptor always, manifests when they were asked for. */
async function manifestsOf(
	rooms: ImageRooms,
	image: ImageRecord,
	asked: { readonly manifests: boolean; readonly identity: boolean },
) {
	const Descriptor = imageDescriptor(image, rooms.content);
	if (!asked.manifests) return { Descriptor };
	const containerIds = rooms.containers.usersOfImage(image.id).map(({ containerId }) => containerId);
	const identity = asked.identity;
	return { Descriptor, Manifests: await imageManifests(image, rooms, { containerIds, identity }) };
}

/** What is wrong with bytes that the client sent is the request's fault, not the engine's. */
function refusing<Arguments extends unknown[], Result>(work: (...args: Arguments) => Promise<Result>) {
	return async (...args: Arguments): Promise<Result> => {
		try {
			return await work(...args);
		} catch (error) {
			if (!isEngineError(error, "corrupt")) throw error;
			throw new EngineError("invalid_argument", error.message, { cause: error });
		}
	};
}

function withoutBars(progress: Progress): Progress {
	return (message) => {
		if (message.progressDetail === undefined) progress(message);
	};
}

/** Only there for the images that stand on it. */
function isIntermediate(images: Images, image: ImageRecord): boolean {
	if (image.tags.length > 0 || image.repoDigests.length > 0) return false;
	return images.list().some(({ parent }) => parent === image.id);
}

function deletion(item: { untagged: string } | { deleted: string }) {
	return "untagged" in item ? { Untagged: item.untagged } : { Deleted: item.deleted };
}

/** `tag` may also be a digest. */
function withTag(name: string, tag: string): string {
	if (tag === "") return name;
	return tag.includes(":") ? `${name}@${tag}` : `${name}:${tag}`;
}

function isNameOnly(text: string): boolean {
	try {
		const reference = parseReference(text);
		return reference.tag === undefined && reference.digest === undefined;
	} catch {
		return false;
	}
}

/** A name without tag or digest, of which there is some tag: all of them are meant. */
function hasRepository(images: Images, text: string): boolean {
	if (!isNameOnly(text)) return false;
	const { domain, path } = parseReference(text);
	return images.list().some(({ tags }) => tags.some((name) => name.startsWith(`${domain}/${path}:`)));
}

function emitter(emit: (line: ProgressLine) => void): Progress {
	return (message) => emit({ ...message });
}
