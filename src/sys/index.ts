export { inNetworkNamespace } from "./enter-netns.ts";
export { errnoName, SystemError } from "./libc.ts";
export {
	addAddress,
	decodeAddress,
	deleteAddress,
	getAddresses,
	type LinkAddress,
} from "./netlink/address.ts";
export {
	createBridge,
	createVethPair,
	decodeLink,
	deleteLink,
	getLink,
	type Link,
	setLink,
} from "./netlink/link.ts";
export { addRoute, decodeRoute, getRoutes, type Route } from "./netlink/route.ts";
export { NetlinkError, openRouteSocket, type RouteSocket } from "./netlink/socket.ts";
export { createNetworkNamespace } from "./netns.ts";
export { type CommandResult, runCommand } from "./run-command.ts";
export { readSysctl, writeSysctl } from "./sysctl.ts";
