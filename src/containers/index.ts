export type { ContainersOptions } from "./context.ts";
export type { Host } from "./host.ts";
export { type Containers, createContainers } from "./room.ts";
export type { DefaultUserNamespace } from "./user-namespace/default.ts";
export { parseSubordinateIds } from "./user-namespace/ids.ts";
