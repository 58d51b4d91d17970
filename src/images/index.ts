export type { ImageLimits, ImagesOptions } from "./context.ts";
export type * from "./contract.ts";
export { decompress } from "./decompress.ts";
export { createImages } from "./images.ts";
export { inspectRemote, type RemoteImage } from "./inspect-remote.ts";
export { ownDescriptor } from "./leaf-manifests.ts";
export { blobsOf, layersOf, namesOf } from "./records.ts";
export { requirePlatform } from "./resolve.ts";
