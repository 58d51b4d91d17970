export type * from "./content/contract.ts";
export { type ContentStoreOptions, createContentStore } from "./content/store.ts";
export type * from "./metadata/contract.ts";
export { createLeases } from "./metadata/leases.ts";
export { createMetadata, type MetadataOptions } from "./metadata/open.ts";
export type * from "./snapshots/contract.ts";
