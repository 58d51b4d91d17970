import { type Address, addressFromBytes, formatAddress } from "../ipam/address.ts";

/** What a container sent that was denied. */
export interface DeniedPacket {
	readonly address: string;
	/** `tcp`, `udp`, `icmp`, `icmpv6`, or the number of another. */
	readonly protocol: string;
	/** 0 where the protocol has none. */
	readonly port: number;
}

const protocols: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6" };

/** Reads a packet's headers (RFC 791, RFC 8200) from the first; `undefined` when they are not there. */
export function readPacket(bytes: Buffer): DeniedPacket | undefined {
	switch ((bytes[0] ?? 0) >> 4) {
		case 4: {
			if (bytes.length < 20) return undefined;
			const isFirst = (bytes.readUInt16BE(6) & 0x1fff) === 0;
			const transportAt = isFirst ? (bytes[0]! & 15) * 4 : bytes.length;
			return describe(bytes, {
				target: addressFromBytes(bytes.subarray(16, 20)),
				protocol: bytes[9]!,
				transportAt,
			});
		}
		case 6:
			if (bytes.length < 40) return undefined;
			return describe(bytes, {
				target: addressFromBytes(bytes.subarray(24, 40)),
				protocol: bytes[6]!,
				transportAt: 40,
			});
		default:
			return undefined;
	}
}

function describe(
	bytes: Buffer,
	header: { readonly target: Address; readonly protocol: number; readonly transportAt: number },
): DeniedPacket {
	const { protocol, transportAt, target } = header;
	const hasPort = (protocol === 6 || protocol === 17) && transportAt + 4 <= bytes.length;
	return {
		address: formatAddress(target),
		protocol: protocols[protocol] ?? String(protocol),
		port: hasPort ? bytes.readUInt16BE(transportAt + 2) : 0,
	};
}
