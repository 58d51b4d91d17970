import { EngineError } from "../lib/index.ts";
import { canonicalReference, familiarReference, parseReference, withDefaultTag } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import { getImage } from "./find.ts";
import { publishImage } from "./publish.ts";
import { registerImage } from "./register.ts";

/** Gives an image one more name, which another image loses if it had it. */
export function tagImage(context: ImagesContext, source: string, target: string): void {
	const reference = parseReference(target);
	if (reference.digest !== undefined)
		throw new EngineError("invalid_argument", "refusing to create a tag with a digest reference");
	const image = getImage(context.records, source);
	const named = withDefaultTag(reference);
	const tagged = registerImage(context, { ...image, tags: [canonicalReference(named)], repoDigests: [] });
	publishImage(context, tagged, "tag", familiarReference(named));
}
