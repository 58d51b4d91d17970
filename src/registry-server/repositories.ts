import type { ImageRecord, Images } from "../images/index.ts";
import { type Digest, familiarName, mediaTypes, parseReference } from "../oci/index.ts";
import type { PushedManifest } from "./contract.ts";
import type { PushedManifests } from "./pushed-manifests.ts";

/** A manifest as it is served. */
export interface PublishedManifest {
	readonly digest: Digest;
	readonly mediaType: string;
}

/**
 * What the registry has: the names of local images, and what was pushed. Where both know a tag, the image that has the
 * name now decides: a tag given or taken here is seen there at once.
 */
export interface Repositories {
	/** Names for the catalog, sorted. A name whose domain has a port is none: paths cannot say it. */
	names(): readonly string[];
	has(repository: string): boolean;
	/** The image has a name there. */
	isLocal(image: ImageRecord, repository: string): boolean;
	/** What was pushed under the tag is still what it means. */
	isPushed(repository: string, tag: string): boolean;
	/** Sorted. */
	tags(repository: string): readonly string[];
	byTag(repository: string, tag: string): PublishedManifest | undefined;
	byDigest(repository: string, digest: Digest): PublishedManifest | undefined;
	referrers(repository: string, subject: Digest): readonly PushedManifest[];
	/** The pushed manifests whose tags are of no image any more, without those tags. */
	stale(): readonly PushedManifest[];
}

export function openRepositories(images: Images, pushed: PushedManifests): Repositories {
	const holder = (repository: string, tag: string) => localImage(images, `${repository}:${tag}`);
	/** The push still says what the tag means. */
	const isCurrent = ({ repository, imageId }: PushedManifest, tag: string) =>
		holder(repository, tag)?.id === imageId;
	const localTags = (repository: string) =>
		images
			.list()
			.flatMap(({ tags }) => tags)
			.filter((name) => name.startsWith(`${repository}:`))
			.map((name) => name.slice(repository.length + 1));
	const isLocal = (image: ImageRecord, repository: string) =>
		image.tags.some((name) => name.startsWith(`${repository}:`)) ||
		image.repoDigests.some((name) => name.startsWith(`${repository}@`));
	const tags = (repository: string) => {
		const fromPushes = pushed
			.inRepository(repository)
			.flatMap((manifest) => manifest.tags.filter((tag) => isCurrent(manifest, tag)));
		return [...new Set([...localTags(repository), ...fromPushes])].sort();
	};
	const has = (repository: string) =>
		pushed.inRepository(repository).length > 0 || images.list().some((image) => isLocal(image, repository));

	return {
		names() {
			const local = images
				.list()
				.flatMap(({ tags: names, repoDigests }) => [...names, ...repoDigests])
				.map((name) => familiarName(parseReference(name)))
				.filter((name) => !name.includes(":"));
			const others = pushed.all().map(({ repository }) => familiarName(parseReference(repository)));
			return [...new Set([...local, ...others])].sort();
		},
		has,
		isLocal,
		isPushed(repository, tag) {
			const push = pushed.byTag(repository, tag);
			return push !== undefined && isCurrent(push, tag);
		},
		tags,
		byTag(repository, tag) {
			const push = pushed.byTag(repository, tag);
			if (push !== undefined && isCurrent(push, tag)) return push;
			const image = holder(repository, tag);
			return image === undefined ? undefined : published(image);
		},
		byDigest(repository, digest) {
			const push = pushed.get(repository, digest);
			if (push !== undefined) return push;
			const image = images.list().find((one) => one.manifestDigest === digest && isLocal(one, repository));
			return image === undefined ? undefined : published(image);
		},
		referrers: (repository, subject) =>
			pushed.inRepository(repository).filter((manifest) => manifest.subject === subject),
		stale: () =>
			pushed
				.all()
				.filter((manifest) => manifest.tags.some((tag) => !isCurrent(manifest, tag)))
				.map((manifest) => ({
					...manifest,
					tags: manifest.tags.filter((tag) => isCurrent(manifest, tag)),
				})),
	};
}

function published({ manifestDigest, manifest }: ImageRecord): PublishedManifest {
	return { digest: manifestDigest, mediaType: manifest.mediaType ?? mediaTypes.ociManifest };
}

function localImage(images: Images, canonical: string): ImageRecord | undefined {
	return images.find(canonical);
}
