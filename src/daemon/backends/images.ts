import type { Containers } from "../../containers/index.ts";
import { type ImageRecord, type Images, type Progress, requirePlatform } from "../../images/index.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import { parsePlatform, parseReference, parseTag } from "../../oci/index.ts";
import type { Registry } from "../../registry/index.ts";
import type { ImageBackend, ProgressLine } from "../../server/index.ts";
import type { ContentStore, SnapshotDriver } from "../../store/index.ts";
import { historyItem, imageInspect, imageSummary } from "./image-answers.ts";
import { imageFilter, withMatchingNames } from "./image-filter.ts";
import { imageDescriptor, imageManifest } from "./image-manifest.ts";
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
		async list({ all, filters, sharedSize, manifests }) {
			const matches = imageFilter(images, filters);
			const records = images.list();
			const sharedOf = sharedSize ? sharedSizes(records, rooms.snapshots) : () => -1;
			return records
				.filter((image) => (all || !isIntermediate(images, image)) && matches(image))
				.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
				.map(withMatchingNames(filters))
				.map((image) => ({
					...imageSummary(image, { containers: -1, sharedSize: sharedOf(image) }),
					...manifestsOf(rooms, image, manifests),
				}));
		},
		async inspect(reference, { platform, manifests }) {
			const image = findImage(images, reference, platform);
			return { ...imageInspect(image, rooms.snapshots), ...manifestsOf(rooms, image, manifests) };
		},
		async history(reference, { platform }) {
			findImage(images, reference, platform);
			return images.history(reference).map(historyItem);
		},
		async tag(reference, { repo, tag }) {
			images.tag(reference, tag === "" ? repo : `${repo}:${parseTag(tag)}`);
		},
		async remove(reference, { platforms, ...options }) {
			// An image here is of one platform: another one is not there to be removed.
			for (const platform of platforms) findImage(images, reference, platform);
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
			// An image has one platform here: the one asked for, or it is an error that names both.
			if (platform !== undefined) findImage(images, name, platform);
			await images.push(name, {
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
		async load(body, { platform, quiet }, emit, signal) {
			const progress = emitter(emit);
			await refusing(images.load)(body, {
				progress: quiet ? withoutBars(progress) : progress,
				...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
				signal,
			});
		},
		async save(references, { platform }, signal) {
			if (platform !== undefined) for (const reference of references) findImage(images, reference, platform);
			// An unknown name is an error of the request, before the stream begins.
			for (const reference of references) if (!hasRepository(images, reference)) images.get(reference);
			return images.save(references, signal);
		},
	} satisfies Partial<ImageBackend>;
}

function findImage(images: Images, reference: string, platform: string | undefined): ImageRecord {
	const image = images.get(reference);
	if (platform !== undefined) requirePlatform(image, parsePlatform(platform), reference);
	return image;
}

/** The descriptor always, manifests when they were asked for. */
function manifestsOf({ content, containers }: ImageRooms, image: ImageRecord, asked: boolean) {
	const users = () => containers.usersOfImage(image.id).map(({ containerId }) => containerId);
	return {
		Descriptor: imageDescriptor(image, content),
		...(asked ? { Manifests: [imageManifest(image, content, users())] } : {}),
	};
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
