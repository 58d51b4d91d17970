import { adoptImage } from "./adopt.ts";
import { collectGarbage, releaseStack } from "./collect.ts";
import { commitImage } from "./commit.ts";
import { composeImage } from "./compose.ts";
import { type ImagesOptions, openContext } from "./context.ts";
import type { Images } from "./contract.ts";
import { findImage, getImage } from "./find.ts";
import { imageHistory } from "./history.ts";
import { release } from "./hold.ts";
import { importImage } from "./import.ts";
import { leafManifests } from "./leaf-manifests.ts";
import { loadImages } from "./load.ts";
import { noteUse } from "./note-use.ts";
import { pruneImages } from "./prune.ts";
import { pullImage } from "./pull.ts";
import { pushImage } from "./push.ts";
import { removeImage } from "./remove.ts";
import { removeVariants } from "./remove-variants.ts";
import { saveComposed, saveImages } from "./save.ts";
import { storeComposed, unpackStack } from "./store-composed.ts";
import { tagImage } from "./tag.ts";
import { imageVariant } from "./variant.ts";

/** Opens the room on its stores. Call `collect` once at the start: it removes what a killed operation left. */
export function createImages(options: ImagesOptions): Images {
	const context = openContext(options);
	const { records } = context;
	return {
		list: () => records.all(),
		find: (reference) => findImage(records, reference),
		get: (reference) => getImage(records, reference),
		pull: (reference, pullOptions) => pullImage(context, reference, pullOptions),
		push: (reference, pushOptions) => pushImage(context, reference, pushOptions),
		async load(source, loadOptions) {
			context.trust.checkUnsigned("load");
			return loadImages(context, source, loadOptions);
		},
		async import(source, importOptions) {
			context.trust.checkUnsigned("import");
			return importImage(context, source, importOptions);
		},
		save: (references, saveOptions) => saveImages(context, references, saveOptions),
		variant: async (reference, wanted) =>
			imageVariant(options.content, getImage(records, reference), { wanted, name: reference }),
		manifests: (image) => leafManifests(options.content, image),
		noteUse: (id) => noteUse(context, id),
		tag: (source, target) => tagImage(context, source, target),
		remove: async (reference, removeOptions) =>
			(await removeImage(context, reference, removeOptions)).deletions,
		removeVariants: (reference, manifests) => removeVariants(context, reference, manifests),
		prune: (pruneOptions) => pruneImages(context, pruneOptions),
		commit: (commitOptions) => commitImage(context, commitOptions),
		compose: (composeOptions) => composeImage(context, composeOptions),
		storeComposed: (composed, storeOptions) => storeComposed(context, composed, storeOptions),
		saveComposed: (composed, saveOptions) => saveComposed(context, composed, saveOptions),
		unpack: (layers, unpackOptions) => unpackStack(context, layers, unpackOptions),
		history: (reference, platform) => imageHistory(context, reference, platform),
		releaseLayer: (chainId) => releaseStack(context, chainId),
		async adopt(digest, adoptOptions) {
			context.trust.checkUnsigned("push to the registry");
			return adoptImage(context, digest, adoptOptions);
		},
		release: async (ids) => {
			await release(context, ids);
		},
		collect: () => collectGarbage(context),
	};
}
