import {
	bytes,
	decodeAttributes,
	type Message,
	NLM_F_CREATE,
	NLM_F_EXCL,
	type ReceivedMessage,
} from "./message.ts";

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const AF_INET = 2;
const AF_INET6 = 10;
const IFA_F_NODAD = 0x2;

/** An address of a link. */
export interface LinkAddress {
	readonly linkIndex: number;
	/** 4 bytes for IPv4, 16 for IPv6. */
	readonly address: Uint8Array;
	readonly prefixLength: number;
}

/**
 * Gives a link an address; the kernel adds the route to its subnet. An IPv6 address can be used at once: nobody is asked
 * whether it is somebody else's, which takes a second. EEXIST when the link has it already.
 */
export function addAddress(address: LinkAddress & { readonly broadcast?: Uint8Array }): Message {
	return {
		type: RTM_NEWADDR,
		flags: NLM_F_CREATE | NLM_F_EXCL,
		header: addressHeader(address),
		attributes: [
			bytes(IFA_LOCAL, address.address),
			bytes(IFA_ADDRESS, address.address),
			...(address.broadcast === undefined ? [] : [bytes(IFA_BROADCAST, address.broadcast)]),
		],
		what: `RTM_NEWADDR ${describe(address)}`,
	};
}

/** Takes an address away. EADDRNOTAVAIL when the link does not have it. */
export function deleteAddress(address: LinkAddress): Message {
	return {
		type: RTM_DELADDR,
		flags: 0,
		header: addressHeader(address),
		attributes: [bytes(IFA_LOCAL, address.address), bytes(IFA_ADDRESS, address.address)],
		what: `RTM_DELADDR ${describe(address)}`,
	};
}

/** Asks for all addresses (`dump`). */
export function getAddresses(): Message {
	return { type: RTM_GETADDR, flags: 0, header: Buffer.alloc(8), attributes: [], what: "RTM_GETADDR all" };
}

/** The address in an answer to {@link getAddresses}. */
export function decodeAddress({ payload }: ReceivedMessage): LinkAddress {
	const attributes = decodeAttributes(payload.subarray(8));
	return {
		linkIndex: payload.readUInt32LE(4),
		address: attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS) ?? new Uint8Array(0),
		prefixLength: payload.readUInt8(1),
	};
}

/** `struct ifaddrmsg`. */
function addressHeader({ linkIndex, address, prefixLength }: LinkAddress): Buffer {
	const header = Buffer.alloc(8);
	header.writeUInt8(address.length === 4 ? AF_INET : AF_INET6, 0);
	header.writeUInt8(prefixLength, 1);
	header.writeUInt8(address.length === 4 ? 0 : IFA_F_NODAD, 2);
	header.writeUInt32LE(linkIndex, 4);
	return header;
}

function describe({ linkIndex, address, prefixLength }: LinkAddress): string {
	const written = address.length === 4 ? Array.from(address).join(".") : Buffer.from(address).toString("hex");
	return `${written}/${prefixLength} on link ${linkIndex}`;
}
