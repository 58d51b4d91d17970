import { EngineError } from "../lib/index.ts";
import {
	type Descriptor,
	type Digest,
	isImageConfigType,
	isLayerType,
	maxConfigBytes,
	maxManifestBytes,
	parseImageConfig,
	parseManifestDocument,
} from "../oci/index.ts";
import { checkOperatingSystem } from "./archived-image.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord } from "./contract.ts";
import { holding } from "./hold.ts";
import { keptIndex } from "./leaf-manifests.ts";
import { publishImage } from "./publish.ts";
import { registerImage } from "./register.ts";
import { unpackLayers } from "./unpack.ts";

/**
 * Makes an image of a manifest whose blobs came into the content store by another way: somebody pushed them to the
 * engine's own registry. Checked as if it had been pulled; `undefined` for a manifest that is no container image.
 *
 * On disk after a kill: layers that no image names, which the next start collects; the image is there whole or not.
 */
export async function adoptImage(
	context: ImagesContext,
	manifestDigest: Digest,
	{
		tag,
		index,
		signal,
	}: { readonly tag: string; readonly index?: Descriptor; readonly signal?: AbortSignal },
): Promise<ImageRecord | undefined> {
	const bytes = await context.content.read(manifestDigest, maxManifestBytes);
	const document = parseManifestDocument(bytes, `manifest ${manifestDigest}`);
	if (document.kind !== "manifest") return undefined;
	const { manifest } = document;
	if (!isImageConfigType(manifest.config.mediaType)) return undefined;
	if (!manifest.layers.every(({ mediaType }) => isLayerType(mediaType))) return undefined;
	return holding(context, async (lease) => {
		for (const { digest } of [{ digest: manifestDigest }, manifest.config, ...manifest.layers])
			lease.hold(digest);
		const what = `image config ${manifest.config.digest}`;
		const config = parseImageConfig(await context.content.read(manifest.config.digest, maxConfigBytes), what);
		checkOperatingSystem(config);
		const diffIds = config.rootfs.diff_ids;
		if (diffIds.length !== manifest.layers.length) {
			throw new EngineError(
				"corrupt",
				`manifest ${manifestDigest} has ${manifest.layers.length} layers, its config ${diffIds.length}`,
			);
		}
		await unpackLayers(
			context,
			manifest.layers.map(({ digest }, index) => ({
				diffId: diffIds[index]!,
				blob: async () => digest,
			})),
			{ lease, signal },
		);
		const kept = index === undefined ? undefined : await keptIndex(context.content, index);
		for (const digest of kept?.blobs ?? []) lease.hold(digest);
		const record = registerImage(context, {
			...{ manifestDigest, manifest, config, tags: [tag] },
			kept: kept && { index: kept, referrers: [] },
		});
		publishImage(context, record, "load");
		return record;
	});
}
