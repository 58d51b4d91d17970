export type * from "./contract.ts";
export { createDelivery } from "./delivery.ts";
export { type KeySource, openKey } from "./key.ts";
export { createVault, type VaultOptions } from "./vault.ts";
