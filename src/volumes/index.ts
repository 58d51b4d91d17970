export type * from "./contract.ts";
export { assertVolumeName } from "./name.ts";
export { createVolumes, type VolumesOptions } from "./volumes.ts";
