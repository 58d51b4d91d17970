export type * from "./contract.ts";
export { buildHosts, checkExtraHost, type HostsOptions, ownNames } from "./hosts.ts";
export { createNetworks, type NetworksOptions } from "./networks.ts";
export type * from "./ports/contract.ts";
export { createPortPublisher } from "./ports/publisher.ts";
export type { ResolvConfOptions } from "./resolv-conf.ts";
