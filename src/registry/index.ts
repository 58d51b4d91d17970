export type * from "./contract.ts";
export { createRegistry, type RegistryOptions } from "./registry.ts";
export type { RetryPolicy } from "./retry.ts";
