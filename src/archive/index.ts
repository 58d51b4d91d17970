export type * from "./contract.ts";
export { type ArchiveOptions, createArchive } from "./create.ts";
