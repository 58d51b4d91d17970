import { EngineError, failpoint, isEngineError } from "../lib/index.ts";
import { type Digest, familiarReference, parseReference, withDefaultTag } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageDeletion, ImageRecord, Images, ImageUse } from "./contract.ts";
import { findByName, getImage, wholeId } from "./find.ts";
import { release } from "./hold.ts";
import { publishImage } from "./publish.ts";
import { blobsOf, layersOf, namesOf, withoutName } from "./records.ts";
import { shortId } from "./short-id.ts";

type RemoveOptions = Parameters<Images["remove"]>[1];

/** What a removal did, and the bytes it freed. */
export interface Removal {
	readonly deletions: ImageDeletion[];
	bytes: number;
}

/**
 * Takes a name from an image, or an image away, as dockerd's `ImageDelete` decides it: a name goes alone while others
 * are left; an id takes its only name with it; what containers use is a `conflict`.
 *
 * On disk after a kill: names are taken one by one; the record goes before its blobs and layers, which the next start
 * collects.
 */
export async function removeImage(
	context: ImagesContext,
	reference: string,
	options: RemoveOptions,
): Promise<Removal> {
	const image = getImage(context.records, reference);
	const removal: Removal = { deletions: [], bytes: 0 };
	const byName = !isIdPrefix(image.id, reference);
	if (byName) {
		const left = untagByName(context, { image, reference, options, removal });
		if (namesOf(left).length > 0) return removal;
	} else if (isSingleReference(image)) {
		checkConflict(context, image, {
			usedBy: options.usedBy,
			soft: options.force ? [] : ["stopped"],
		});
		for (const name of namesOf(image)) untag(context, image.id, name, removal);
	}
	await deleteImage(context, image.id, { options, removal, quiet: byName });
	return removal;
}

function isIdPrefix(id: Digest, text: string): boolean {
	return wholeId(text) === id || id.startsWith(text) || id.startsWith(`sha256:${text}`);
}

interface Untagging {
	readonly image: ImageRecord;
	readonly reference: string;
	readonly options: RemoveOptions;
	readonly removal: Removal;
}

/** Takes the given name; the last tag of a repository takes the repository's digests with it. */
function untagByName(context: ImagesContext, { image, reference, options, removal }: Untagging): ImageRecord {
	const user = options.usedBy(image.id)[0];
	if (!options.force && isSingleReference(image) && user !== undefined) {
		throw new EngineError(
			"conflict",
			`conflict: unable to remove repository reference ${JSON.stringify(reference)} (must force) - container ` +
				`${user.containerId.slice(0, 12)} is using its referenced image ${shortId(image.id)}`,
		);
	}
	const name = heldName(context, image, reference);
	untag(context, image.id, name, removal);
	const repository = repositoryOf(name);
	const left = context.records.byId(image.id)!;
	if (name.includes("@") || left.tags.some((tag) => repositoryOf(tag) === repository)) return left;
	for (const digest of left.repoDigests)
		if (repositoryOf(digest) === repository) untag(context, image.id, digest, removal);
	return context.records.byId(image.id)!;
}

/** The name as the image has it. */
function heldName({ records }: ImagesContext, image: ImageRecord, text: string): string {
	const { domain, path, tag, digest } = withDefaultTag(parseReference(text));
	const name = digest === undefined ? `${domain}/${path}:${tag}` : `${domain}/${path}@${digest}`;
	if (namesOf(image).includes(name)) return name;
	// By the digest of the manifest it was loaded with: the tag of that repository.
	const named = findByName(records, parseReference(text));
	const held = named?.tags.find((candidate) => candidate.startsWith(`${domain}/${path}:`));
	if (held === undefined) throw new EngineError("not_found", `No such image: ${text}`);
	return held;
}

/** `docker.io/library/busybox` of a canonical name. */
function repositoryOf(name: string): string {
	const { domain, path } = parseReference(name);
	return `${domain}/${path}`;
}

function untag(context: ImagesContext, id: Digest, name: string, { deletions }: Removal): void {
	const image = context.records.byId(id)!;
	context.records.put(withoutName(image, name));
	failpoint("images.remove.after-untag");
	publishImage(context, image, "untag");
	deletions.push({ untagged: familiarReference(parseReference(name)) });
}

/** At most one tag, and all digests in its repository. */
export function isSingleReference({ tags, repoDigests }: ImageRecord): boolean {
	if (tags.length + repoDigests.length <= 1) return true;
	if (tags.length > 1) return false;
	const repositories = new Set(repoDigests.map(repositoryOf));
	const single = repositoryOf(tags[0] ?? repoDigests[0]!);
	return repositories.size === 1 && repositories.has(single);
}

interface Deletion {
	readonly options: RemoveOptions;
	readonly removal: Removal;
	/** The user's name is gone already: what is in use stays without a complaint. */
	readonly quiet: boolean;
}

async function deleteImage(context: ImagesContext, id: Digest, deletion: Deletion): Promise<void> {
	const { options, removal, quiet } = deletion;
	const image = context.records.byId(id)!;
	try {
		checkConflict(context, image, {
			usedBy: options.usedBy,
			soft: options.force ? [] : ["names", "stopped"],
		});
	} catch (error) {
		const inUse = options.usedBy(id).length > 0;
		if (isEngineError(error, "conflict") && quiet && (!isDangling(context, image) || inUse)) return;
		throw error;
	}
	for (const name of namesOf(image)) untag(context, id, name, removal);
	context.records.delete(id);
	failpoint("images.remove.after-delete");
	publishImage(context, image, "delete");
	removal.deletions.push({ deleted: id });
	// From the top: a layer goes after what stood on it.
	const released = await release(context, [...layersOf(image).toReversed(), ...blobsOf(image)]);
	removal.bytes += released.bytes;
	for (const layer of released.layers) removal.deletions.push({ deleted: layer });
	const parent = image.parent === undefined ? undefined : context.records.byId(image.parent);
	if (options.noPrune || parent === undefined || namesOf(parent).length > 0) return;
	await deleteImage(context, parent.id, { options: { ...options, force: false }, removal, quiet: true });
}

function isDangling({ records }: ImagesContext, image: ImageRecord): boolean {
	return namesOf(image).length === 0 && records.children(image.id).length === 0;
}

interface ConflictRules {
	readonly usedBy: (id: Digest) => readonly ImageUse[];
	/** What counts although `force` could override it. */
	readonly soft: readonly ("names" | "stopped")[];
}

/** dockerd's `checkImageDeleteConflict`, in its order and with its texts. */
function checkConflict(
	{ records }: ImagesContext,
	image: ImageRecord,
	{ usedBy, soft }: ConflictRules,
): void {
	const conflict = (force: "cannot" | "must", why: string) =>
		new EngineError(
			"conflict",
			`conflict: unable to delete ${shortId(image.id)} (${force} be forced) - ${why}`,
		);
	if (records.children(image.id).length > 0) throw conflict("cannot", "image has dependent child images");
	const users = usedBy(image.id);
	const running = users.find((use) => use.running);
	if (running !== undefined) {
		throw conflict("cannot", `image is being used by running container ${running.containerId.slice(0, 12)}`);
	}
	if (soft.includes("names") && namesOf(image).length > 0)
		throw conflict("must", "image is referenced in multiple repositories");
	const stopped = users[0];
	if (soft.includes("stopped") && stopped !== undefined)
		throw conflict("must", `image is being used by stopped container ${stopped.containerId.slice(0, 12)}`);
}
