export type * from "./contract.ts";
export { assertVolumeName } from "./name.ts";
export type * from "./snapshots/contract.ts";
export { createVolumeCopies } from "./snapshots/copies.ts";
export { createVolumes, type VolumesOptions } from "./volumes.ts";
