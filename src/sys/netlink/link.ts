import {
	type Attribute,
	bytes,
	decodeAttributes,
	decodeText,
	type Message,
	NLM_F_CREATE,
	NLM_F_EXCL,
	nested,
	type ReceivedMessage,
	text,
	u8,
	u16,
	u32,
} from "./message.ts";

/** `lo` is the first link of every network namespace. */
export const LOOPBACK_INDEX = 1;

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_SETLINK = 19;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_PROTINFO = 12;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFLA_MACVLAN_MODE = 1;
const IFLA_VLAN_ID = 1;
const IFLA_BRPORT_ISOLATED = 33;
const AF_BRIDGE = 7;

const IFF_UP = 0x1;
/** Of RFC 2863, `linux/if.h`. */
const IF_OPER_UP = 6;

/** A link of the namespace that was asked. */
export interface Link {
	readonly index: number;
	readonly name: string;
	/** `02:42:ac:11:00:02`; empty for links without a hardware address. */
	readonly macAddress: string;
	readonly mtu: number;
	readonly up: boolean;
	/** Up, with a carrier that the kernel has taken note of: only now do packets pass. */
	readonly operational: boolean;
	/** Index of the bridge that the link is a port of; 0 for none. */
	readonly master: number;
	/** `bridge`, `veth`, …; empty for hardware and `lo`. */
	readonly kind: string;
}

export interface LinkSettings {
	readonly name: string;
	readonly macAddress?: string;
	readonly mtu?: number;
	readonly up?: boolean;
}

/** Makes a bridge. EEXIST when the name is taken. */
export function createBridge(settings: LinkSettings): Message {
	return {
		type: RTM_NEWLINK,
		flags: NLM_F_CREATE | NLM_F_EXCL,
		header: linkHeader(0, settings.up),
		attributes: [...linkAttributes(settings), nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, "bridge")])],
		what: `RTM_NEWLINK bridge ${settings.name}`,
	};
}

/**
 * Makes a veth pair, one end here (as a port of a bridge, when `master` is given), the other made directly in another
 * namespace, which spares the slow move. One message, one round trip.
 */
export function createVethPair(options: {
	readonly host: LinkSettings & { readonly master?: number };
	readonly peer: LinkSettings & { readonly namespaceFd: number };
}): Message {
	const { host, peer } = options;
	const peerInfo: Attribute = {
		...nested(VETH_INFO_PEER, [...linkAttributes(peer), u32(IFLA_NET_NS_FD, peer.namespaceFd)]),
		prefix: linkHeader(0, peer.up),
	};
	return {
		type: RTM_NEWLINK,
		flags: NLM_F_CREATE | NLM_F_EXCL,
		header: linkHeader(0, host.up),
		attributes: [
			...linkAttributes(host),
			...(host.master === undefined ? [] : [u32(IFLA_MASTER, host.master)]),
			nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, "veth"), nested(IFLA_INFO_DATA, [peerInfo])]),
		],
		what: `RTM_NEWLINK veth ${host.name}`,
	};
}

/** `linux/if_link.h`, MACVLAN_MODE_…. */
export const macvlanModes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;

/** Makes a macvlan of a link here directly in another namespace. EOPNOTSUPP when the kernel has no macvlan. */
export function createMacvlan(
	settings: LinkSettings & {
		readonly parentIndex: number;
		readonly mode: keyof typeof macvlanModes;
		readonly namespaceFd: number;
	},
): Message {
	const data = nested(IFLA_INFO_DATA, [u32(IFLA_MACVLAN_MODE, macvlanModes[settings.mode])]);
	return {
		type: RTM_NEWLINK,
		flags: NLM_F_CREATE | NLM_F_EXCL,
		header: linkHeader(0, settings.up),
		attributes: [
			...linkAttributes(settings),
			u32(IFLA_LINK, settings.parentIndex),
			u32(IFLA_NET_NS_FD, settings.namespaceFd),
			nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, "macvlan"), data]),
		],
		what: `RTM_NEWLINK macvlan ${settings.name}`,
	};
}

/** Makes the link of a VLAN (802.1Q) on another link. EOPNOTSUPP when the kernel has no VLANs. */
export function createVlan(
	settings: LinkSettings & { readonly parentIndex: number; readonly vlanId: number },
): Message {
	const data = nested(IFLA_INFO_DATA, [u16(IFLA_VLAN_ID, settings.vlanId)]);
	return {
		type: RTM_NEWLINK,
		flags: NLM_F_CREATE | NLM_F_EXCL,
		header: linkHeader(0, settings.up),
		attributes: [
			...linkAttributes(settings),
			u32(IFLA_LINK, settings.parentIndex),
			nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, "vlan"), data]),
		],
		what: `RTM_NEWLINK vlan ${settings.name}`,
	};
}

/** Makes a link to nowhere. EOPNOTSUPP when the kernel has none. */
export function createDummy(settings: LinkSettings): Message {
	return {
		type: RTM_NEWLINK,
		flags: NLM_F_CREATE | NLM_F_EXCL,
		header: linkHeader(0, settings.up),
		attributes: [...linkAttributes(settings), nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, "dummy")])],
		what: `RTM_NEWLINK dummy ${settings.name}`,
	};
}

/** Changes a link, found by its index. */
export function setLink(change: {
	readonly index: number;
	readonly up?: boolean;
	/** A bridge's index, or 0 to leave the bridge. */
	readonly master?: number;
	readonly mtu?: number;
	readonly macAddress?: string;
}): Message {
	return {
		type: RTM_SETLINK,
		flags: 0,
		header: linkHeader(change.index, change.up),
		attributes: [
			...settingAttributes(change),
			...(change.master === undefined ? [] : [u32(IFLA_MASTER, change.master)]),
		],
		what: `RTM_SETLINK ${change.index}`,
	};
}

/** Keeps a port of a bridge apart from the other ports that are kept apart: it reaches only the bridge itself. */
export function isolatePort(index: number): Message {
	const header = linkHeader(index);
	header.writeUInt8(AF_BRIDGE, 0);
	return {
		type: RTM_SETLINK,
		flags: 0,
		header,
		attributes: [nested(IFLA_PROTINFO, [u8(IFLA_BRPORT_ISOLATED, 1)])],
		what: `RTM_SETLINK isolated port ${index}`,
	};
}

/** Deletes a link, and with one end of a veth pair the other. ENODEV when it is not there. */
export function deleteLink(name: string): Message {
	return {
		type: RTM_DELLINK,
		flags: 0,
		header: linkHeader(0),
		attributes: [text(IFLA_IFNAME, name)],
		what: `RTM_DELLINK ${name}`,
	};
}

/** Asks for one link (`request`), ENODEV when it is not there; without a name for all of them (`dump`). */
export function getLink(name?: string): Message {
	return {
		type: RTM_GETLINK,
		flags: 0,
		header: linkHeader(0),
		attributes: name === undefined ? [] : [text(IFLA_IFNAME, name)],
		what: `RTM_GETLINK ${name ?? "all"}`,
	};
}

/** The link in an answer to {@link getLink}. */
export function decodeLink({ payload }: ReceivedMessage): Link {
	const attributes = decodeAttributes(payload.subarray(16));
	const address = attributes.get(IFLA_ADDRESS);
	const name = attributes.get(IFLA_IFNAME);
	const info = attributes.get(IFLA_LINKINFO);
	const kind = info === undefined ? undefined : decodeAttributes(info).get(IFLA_INFO_KIND);
	return {
		index: payload.readInt32LE(4),
		name: name === undefined ? "" : decodeText(name),
		macAddress: address === undefined ? "" : formatMacAddress(address),
		mtu: attributes.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
		up: (payload.readUInt32LE(8) & IFF_UP) !== 0,
		operational: attributes.get(IFLA_OPERSTATE)?.readUInt8(0) === IF_OPER_UP,
		master: attributes.get(IFLA_MASTER)?.readUInt32LE(0) ?? 0,
		kind: kind === undefined ? "" : decodeText(kind),
	};
}

/** `struct ifinfomsg`; without `up` the flags are left as they are. */
function linkHeader(index: number, up?: boolean): Buffer {
	const header = Buffer.alloc(16);
	header.writeInt32LE(index, 4);
	if (up === undefined) return header;
	header.writeUInt32LE(up ? IFF_UP : 0, 8);
	header.writeUInt32LE(IFF_UP, 12);
	return header;
}

function linkAttributes(settings: LinkSettings): Attribute[] {
	return [text(IFLA_IFNAME, settings.name), ...settingAttributes(settings)];
}

function settingAttributes(settings: { readonly macAddress?: string; readonly mtu?: number }): Attribute[] {
	const attributes: Attribute[] = [];
	if (settings.macAddress !== undefined)
		attributes.push(bytes(IFLA_ADDRESS, parseMacAddress(settings.macAddress)));
	if (settings.mtu !== undefined) attributes.push(u32(IFLA_MTU, settings.mtu));
	return attributes;
}

function parseMacAddress(address: string): Uint8Array {
	return Buffer.from(address.replaceAll(":", ""), "hex");
}

function formatMacAddress(address: Uint8Array): string {
	return Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}
