import { type FilterValues, matchesLabels, parseBoolean, parseUntil } from "../../api/syntax.ts";
import type { ImageRecord, Images } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import { canonicalReference, familiarReference, parseReference, withDefaultTag } from "../../oci/index.ts";

const known = ["before", "dangling", "label", "label!", "reference", "since", "until"];

/** Docker's filters of `images` and `image prune`. Errors: `invalid_argument` for a key that is not known. */
export function imageFilter(images: Images, filters: FilterValues): (image: ImageRecord) => boolean {
	for (const key of filters.keys()) {
		if (!known.includes(key)) throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
	const dangling = parseBoolean("dangling", filters.get("dangling"));
	const until = parseUntil(filters.get("until"));
	const patterns = (filters.get("reference") ?? []).map(referencePattern);
	const before = createdOf(images, filters.get("before"));
	const since = createdOf(images, filters.get("since"));
	return (image) => {
		const created = Date.parse(image.createdAt);
		if (dangling === true && !isDangling(image)) return false;
		// Docker counts an image with a digest and no tag on both sides.
		if (dangling === false && namesOf(image).length === 0) return false;
		if (until !== undefined && BigInt(created) * 1_000_000n > until) return false;
		if (before !== undefined && created >= before) return false;
		if (since !== undefined && created <= since) return false;
		if (patterns.length > 0 && !namesOf(image).some((name) => patterns.some((test) => test(name))))
			return false;
		return matchesLabels(image.config.config?.Labels ?? {}, filters);
	};
}

/** With a `reference` filter an image is listed under the names that match, as Docker lists it. */
export function withMatchingNames(filters: FilterValues): (image: ImageRecord) => ImageRecord {
	const patterns = (filters.get("reference") ?? []).map(referencePattern);
	if (patterns.length === 0) return (image) => image;
	const matches = (name: string) => patterns.some((test) => test(name));
	return (image) => ({
		...image,
		tags: image.tags.filter(matches),
		repoDigests: image.repoDigests.filter(matches),
	});
}

/** Without a tag that a user could run it by. */
export function isDangling(image: ImageRecord): boolean {
	return image.tags.length === 0;
}

function createdOf(images: Images, values: readonly string[] | undefined): number | undefined {
	const [reference] = values ?? [];
	return reference === undefined ? undefined : Date.parse(images.get(reference).createdAt);
}

function namesOf(image: ImageRecord): string[] {
	return [...image.tags, ...image.repoDigests];
}

/** A shell pattern over the familiar name with tag, or without one (`busybox`, `*\/app`, `app:1.*`). */
export function referencePattern(text: string): (name: string) => boolean {
	const pattern = globPattern(text);
	return (canonical) => {
		const reference = parseReference(canonical);
		const familiar = familiarReference(reference);
		const name = familiar.replace(/[:@][^/]*$/, "");
		return pattern.test(familiar) || pattern.test(name) || canonical === canonicalOf(text);
	};
}

function canonicalOf(text: string): string | undefined {
	try {
		return canonicalReference(withDefaultTag(parseReference(text)));
	} catch {
		return undefined;
	}
}

/** As Go's path.Match: `*` and `?` stop at a slash. */
function globPattern(glob: string): RegExp {
	const source = glob
		.replace(/[.+^${}()|\\]/g, "\\$&")
		.replace(/\*/g, "[^/]*")
		.replace(/\?/g, "[^/]");
	try {
		return new RegExp(`^${source}$`);
	} catch (cause) {
		throw new EngineError("invalid_argument", `invalid filter 'reference=${glob}'`, { cause });
	}
}
