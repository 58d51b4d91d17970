import type { Images } from "../images/index.ts";
import type { Digest } from "../oci/index.ts";
import type { PushedManifest } from "./contract.ts";
import type { PushedManifests } from "./pushed-manifests.ts";
import type { Repositories } from "./repositories.ts";

/**
 * Drops pushed manifests whose tags went: `hull rmi` of the image, or a name that another image took. One that never
 * had a tag is left alone while the daemon runs, since the index that names it may be on its way.
 */
export function sweepStale(pushed: PushedManifests, repositories: Repositories): Digest[] {
	const freed: Digest[] = [];
	for (const manifest of repositories.stale()) {
		pushed.put(manifest);
		if (manifest.tags.length === 0 && !isNeeded(pushed, manifest)) freed.push(...dropTree(pushed, manifest));
	}
	return freed;
}

/** What no tag, index or subject keeps and what was pushed before a time: its index would have come by then. */
export function sweepLoose(pushed: PushedManifests, images: Images, beforeMs: number): Digest[] {
	const freed: Digest[] = [];
	for (let dropped = true; dropped; ) {
		dropped = false;
		for (const manifest of pushed.all()) {
			if (manifest.tags.length > 0 || Date.parse(manifest.pushedAt) > beforeMs) continue;
			if (isNeeded(pushed, manifest) || hasSubject(pushed, images, manifest)) continue;
			freed.push(...pushed.delete(manifest));
			dropped = true;
		}
	}
	return freed;
}

/** With the manifests that only it named, and those that were about it. */
function dropTree(pushed: PushedManifests, manifest: PushedManifest): Digest[] {
	const freed = [...pushed.delete(manifest)];
	const others = pushed.inRepository(manifest.repository);
	for (const other of others) {
		const belongs = manifest.children.includes(other.digest) || other.subject === manifest.digest;
		if (
			belongs &&
			other.tags.length === 0 &&
			!isNeeded(pushed, other) &&
			pushed.get(other.repository, other.digest)
		)
			freed.push(...dropTree(pushed, other));
	}
	return freed;
}

function isNeeded(pushed: PushedManifests, { repository, digest }: PushedManifest): boolean {
	return pushed.inRepository(repository).some(({ children }) => children.includes(digest));
}

function hasSubject(
	pushed: PushedManifests,
	images: Images,
	{ repository, subject }: PushedManifest,
): boolean {
	if (subject === undefined) return false;
	if (pushed.get(repository, subject) !== undefined) return true;
	return images.list().some(({ manifestDigest }) => manifestDigest === subject);
}
