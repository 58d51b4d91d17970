/** A cache inside of an image's configuration, where BuildKit has its own. */
import {
	type Descriptor,
	type Digest,
	field,
	optional,
	parseImageConfig,
	parseJson,
} from "../../oci/index.ts";
import { type CacheDocument, decodeDocument, encodeDocument } from "./document.ts";

const member = "moby.buildkit.cache.v0";

/** The configuration with a cache in it: the blobs are those of the image. */
export function withInline<Config extends object>(
	config: Config,
	document: Pick<CacheDocument, "steps" | "copies">,
): Config {
	const bytes = encodeDocument({ ...document, mounts: [], blobs: new Map() });
	return { ...config, [member]: Buffer.from(bytes).toString("base64") };
}

/** `undefined`: there is none of this engine. Errors: `corrupt`. */
export function readInline(config: Uint8Array, layers: readonly Descriptor[]): CacheDocument | undefined {
	const what = "cache in the image's configuration";
	const encoded = optional(field(parseJson(config, what), member), ({ value }) => value);
	if (typeof encoded !== "string") return undefined;
	const document = decodeDocument(Buffer.from(encoded, "base64"), what);
	if (document === undefined) return undefined;
	const { diff_ids: diffIds } = parseImageConfig(config, what).rootfs;
	const blobs = new Map<Digest, Descriptor>();
	for (const [index, layer] of layers.entries()) {
		const diffId = diffIds[index];
		if (diffId !== undefined) blobs.set(diffId, layer);
	}
	return { ...document, blobs };
}
