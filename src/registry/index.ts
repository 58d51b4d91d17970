export type * from "./contract.ts";
export type { ReadCredentials } from "./endpoint.ts";
export type { Patience } from "./patience.ts";
export { settingsReader } from "./read-settings.ts";
export { createRegistry, type RegistryOptions } from "./registry.ts";
export type { RetryPolicy } from "./retry.ts";
export { isInsecureEntry, parseMirror, type RegistrySettings } from "./settings.ts";
