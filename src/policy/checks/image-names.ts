/** Names of images: which may be read, and which may be given. */
import type { EngineError } from "../../lib/index.ts";
import { familiarReference, parseReference, type Reference, withDefaultTag } from "../../oci/index.ts";
import type { SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";
import { matchesImage } from "../patterns.ts";

/** A name that a call gives to an image, takes away or pushes; `forbidden` by the rule `tags`. */
export function checkTag(policy: SocketPolicy, name: string): void {
	checkTagOf(policy, withDefaultTag(parseReference(name)));
}

/** Without a tag it stands for all of them, and only a pattern without one allows that. */
export function checkTagOf(policy: SocketPolicy, reference: Reference): void {
	if (matchesImage(policy.rules.tags, reference)) return;
	throw denial(policy, "tags", `images may not be called ${familiarReference(reference)} by it`);
}

/** A name at a registry; `forbidden` by the rule `images`. */
export function checkImageName(policy: SocketPolicy, reference: Reference): void {
	if (matchesImage(policy.rules.images, reference)) return;
	throw imageDenial(policy, familiarReference(reference));
}

export function imageDenial(policy: SocketPolicy, name: string): EngineError {
	return denial(policy, "images", `the image ${name.slice(0, 200)} is not among those that may be used`);
}

/** A name and a tag apart, as several operations have them. */
export function joined(repository: string, tag: string): string {
	return tag === "" ? repository : `${repository}${/^[a-z0-9]+:[0-9a-f]{32,}$/i.test(tag) ? "@" : ":"}${tag}`;
}
