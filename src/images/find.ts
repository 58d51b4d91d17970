import { EngineError, isEngineError } from "../lib/index.ts";
import {
	canonicalName,
	canonicalReference,
	familiarReference,
	isDigest,
	parseReference,
	type Reference,
	withDefaultTag,
} from "../oci/index.ts";
import type { ImageRecord } from "./contract.ts";
import type { ImageRecords } from "./records.ts";

/**
 * Looks an image up as dockerd does: a whole id, then a name, then the beginning of an id.
 * A text that is neither a name nor an id is `invalid_argument`.
 */
export function findImage(records: ImageRecords, text: string): ImageRecord | undefined {
	const id = wholeId(text);
	if (id !== undefined) return records.byId(id);
	const reference = parseName(text);
	if (reference !== undefined) {
		const named = findByName(records, reference);
		if (named !== undefined) return named;
	}
	const prefix = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(text)?.[1];
	if (prefix !== undefined) return records.byPrefix(prefix);
	if (reference === undefined) parseReference(text);
	return undefined;
}

/** Docker's text: `No such image: busybox:latest`. */
export function getImage(records: ImageRecords, text: string): ImageRecord {
	const image = findImage(records, text);
	if (image !== undefined) return image;
	throw new EngineError("not_found", `No such image: ${shownName(text)}`);
}

/** A digest wins over a tag beside it. */
export function findByName(records: ImageRecords, reference: Reference): ImageRecord | undefined {
	if (reference.digest === undefined) return records.byName(canonicalReference(withDefaultTag(reference)));
	const byDigest = records.byName(`${canonicalName(reference)}@${reference.digest}`);
	if (byDigest !== undefined) return byDigest;
	// An image that was loaded is known by its manifest under each repository that it is tagged in.
	return records
		.all()
		.find(
			({ manifestDigest, tags }) =>
				manifestDigest === reference.digest &&
				tags.some((tag) => tag.startsWith(`${canonicalName(reference)}:`)),
		);
}

export function wholeId(text: string): string | undefined {
	if (isDigest(text)) return text;
	return /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : undefined;
}

function parseName(text: string): Reference | undefined {
	try {
		return parseReference(text);
	} catch (error) {
		if (isEngineError(error, "invalid_argument")) return undefined;
		throw error;
	}
}

function shownName(text: string): string {
	const id = wholeId(text);
	if (id !== undefined) return id;
	const reference = parseName(text);
	return reference === undefined ? text : familiarReference(withDefaultTag(reference));
}
