import { EngineError } from "../lib/index.ts";
import { type Descriptor, isImageConfigType, isLayerType, type Manifest } from "../oci/index.ts";

/** `not_implemented` for a manifest that is no container image. */
export function checkMediaTypes(manifest: Manifest, { digest }: Pick<Descriptor, "digest">): void {
	if (!isImageConfigType(manifest.config.mediaType)) {
		throw new EngineError(
			"not_implemented",
			`manifest ${digest} is no container image: its config has the media type ${manifest.config.mediaType}`,
		);
	}
	for (const { mediaType } of manifest.layers) {
		if (!isLayerType(mediaType))
			throw new EngineError("not_implemented", `manifest ${digest} has a layer of media type ${mediaType}`);
	}
}
