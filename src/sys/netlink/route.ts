import {
	type Attribute,
	bytes,
	decodeAttributes,
	type Message,
	NLM_F_CREATE,
	NLM_F_EXCL,
	NLM_F_REPLACE,
	type ReceivedMessage,
	u32,
} from "./message.ts";

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;

const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_TABLE = 15;
const AF_INET = 2;
const AF_INET6 = 10;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;

/** A unicast route. */
export interface Route {
	/** Empty for the default route. */
	readonly destination: Uint8Array;
	readonly prefixLength: number;
	readonly gateway?: Uint8Array;
	readonly linkIndex?: number;
	readonly table: number;
}

/** Adds a route to the main table, in the family of its gateway or destination. EEXIST when there is one. */
export function addRoute(route: Omit<Route, "table">): Message {
	return routeMessage(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
}

/** As {@link addRoute}, in the place of another one to the same destination. */
export function replaceRoute(route: Omit<Route, "table">): Message {
	return routeMessage(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route);
}

/** Takes a route of the main table away. ESRCH when there is none like it. */
export function deleteRoute(route: Omit<Route, "table">): Message {
	return routeMessage(RTM_DELROUTE, 0, route);
}

function routeMessage(type: number, flags: number, route: Omit<Route, "table">): Message {
	const attributes: Attribute[] = [];
	if (route.destination.length > 0) attributes.push(bytes(RTA_DST, route.destination));
	if (route.gateway !== undefined) attributes.push(bytes(RTA_GATEWAY, route.gateway));
	if (route.linkIndex !== undefined) attributes.push(u32(RTA_OIF, route.linkIndex));
	const destination = route.destination.length === 0 ? "default" : Array.from(route.destination).join(".");
	const verb = type === RTM_NEWROUTE ? "RTM_NEWROUTE" : "RTM_DELROUTE";
	return { type, flags, header: routeHeader(route), attributes, what: `${verb} ${destination}` };
}

/** Asks for all routes of a family, of all tables (`dump`). */
export function getRoutes(family: 4 | 6): Message {
	const header = Buffer.alloc(12);
	header.writeUInt8(family === 4 ? AF_INET : AF_INET6, 0);
	return { type: RTM_GETROUTE, flags: 0, header, attributes: [], what: `RTM_GETROUTE all IPv${family}` };
}

/** Asks for the route that a packet to this address takes. ENETUNREACH when there is none. */
export function getRouteTo(address: Uint8Array): Message {
	const header = Buffer.alloc(12);
	header.writeUInt8(address.length === 16 ? AF_INET6 : AF_INET, 0);
	header.writeUInt8(address.length * 8, 1);
	return {
		type: RTM_GETROUTE,
		flags: 0,
		header,
		attributes: [bytes(RTA_DST, address)],
		what: `RTM_GETROUTE ${Buffer.from(address).toString("hex")}`,
	};
}

/** Whether packets that take this route are for the host itself. */
export function isLocalRoute({ payload }: ReceivedMessage): boolean {
	return payload.readUInt8(7) === RTN_LOCAL;
}

/** The route in an answer to {@link getRoutes}; `undefined` for local, broadcast and other special ones. */
export function decodeRoute({ payload }: ReceivedMessage): Route | undefined {
	if (payload.readUInt8(7) !== RTN_UNICAST) return undefined;
	const attributes = decodeAttributes(payload.subarray(12));
	const gateway = attributes.get(RTA_GATEWAY);
	const linkIndex = attributes.get(RTA_OIF)?.readUInt32LE(0);
	return {
		destination: attributes.get(RTA_DST) ?? new Uint8Array(0),
		prefixLength: payload.readUInt8(1),
		table: attributes.get(RTA_TABLE)?.readUInt32LE(0) ?? payload.readUInt8(4),
		...(gateway === undefined ? {} : { gateway }),
		...(linkIndex === undefined ? {} : { linkIndex }),
	};
}

/** `struct rtmsg`. */
function routeHeader({ destination, prefixLength, gateway }: Omit<Route, "table">): Buffer {
	const header = Buffer.alloc(12);
	const sample = gateway ?? destination;
	header.writeUInt8(sample.length === 16 ? AF_INET6 : AF_INET, 0);
	header.writeUInt8(prefixLength, 1);
	header.writeUInt8(RT_TABLE_MAIN, 4);
	header.writeUInt8(RTPROT_BOOT, 5);
	header.writeUInt8(gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE, 6);
	header.writeUInt8(RTN_UNICAST, 7);
	return header;
}
