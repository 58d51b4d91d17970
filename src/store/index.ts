export type * from "./content/contract.ts";
export { type ContentStoreOptions, createContentStore } from "./content/store.ts";
export { diskImagePath, makeDiskImage } from "./disk-image/make.ts";
export {
	mountDiskImage,
	removeLostAndFound,
	shareFolder,
	unmountBelow,
} from "./disk-image/mount.ts";
export type * from "./metadata/contract.ts";
export { createLeases } from "./metadata/leases.ts";
export { createMetadata, type MetadataOptions } from "./metadata/open.ts";
export { chooseSnapshotDriver } from "./snapshots/choose.ts";
export type * from "./snapshots/contract.ts";
export { createLayerImages } from "./snapshots/layer-image.ts";
export { openLayerTree } from "./snapshots/layer-tree.ts";
export { mapOwners, openMappedTree, type TreeOwners } from "./snapshots/mapped-tree.ts";
export type { SnapshotOptions } from "./snapshots/open-options.ts";
export { createOverlaySnapshots } from "./snapshots/overlay.ts";
export { createPlainSnapshots } from "./snapshots/plain.ts";
