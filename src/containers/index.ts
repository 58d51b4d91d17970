export type { ContainersOptions } from "./context.ts";
export type { Host } from "./host.ts";
export { type Containers, createContainers } from "./room.ts";
