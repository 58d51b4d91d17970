export { inNetworkNamespace } from "./enter-netns.ts";
export { errnoName, SystemError } from "./libc.ts";
export { createNetworkNamespace } from "./netns.ts";
