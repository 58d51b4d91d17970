export type * from "./contract.ts";
export { createRegistryServers, type RegistryServersOptions } from "./registry-servers.ts";
