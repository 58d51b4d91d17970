import { EngineError } from "../lib/index.ts";
import {
	bestPlatform,
	formatPlatform,
	isRunnableOn,
	maxConfigBytes,
	type Platform,
	parseImageConfig,
} from "../oci/index.ts";
import type { ContentStore } from "../store/index.ts";
import type { ImageRecord, ImageVariant } from "./contract.ts";
import { leafManifests } from "./leaf-manifests.ts";

/** The image of a platform: the one that is unpacked if it fits, else another of its index. `not_found` without. */
export async function imageVariant(
	content: ContentStore,
	image: ImageRecord,
	{ wanted, name }: { wanted: Platform; name: string },
): Promise<ImageVariant> {
	const { manifest, manifestDigest, config } = image;
	if (isRunnableOn(config, wanted)) return { manifest, manifestDigest, config, isUnpacked: true };
	const leaves = (await leafManifests(content, image)).filter((leaf) => leaf.isWhole);
	const best = bestPlatform(
		leaves.map(({ descriptor }) => descriptor.platform),
		wanted,
	);
	const leaf = leaves[best];
	if (
		image.kept?.index === undefined ||
		leaf?.manifest === undefined ||
		leaf.descriptor.platform === undefined
	)
		throw new EngineError(
			"not_found",
			`image with reference ${name} was found but does not match the specified platform: ` +
				`wanted ${formatPlatform(wanted)}, actual: ${formatPlatform(config)}`,
		);
	const { digest } = leaf.manifest.config;
	const bytes = await content.read(digest, maxConfigBytes);
	return {
		manifest: leaf.manifest,
		manifestDigest: leaf.descriptor.digest,
		config: parseImageConfig(bytes, `image config ${digest}`),
		isUnpacked: false,
	};
}
