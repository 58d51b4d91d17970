import type { ShippingOrder, Wire } from "../ship/order.ts";
import type { Encode, Message } from "./message.ts";

/**
 * Messages of the forward protocol, in MessagePack: `[tag, time, record]`.
 * https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
 */
export function encodeFluentd(order: ShippingOrder, wire: Extract<Wire, { driver: "fluentd" }>): Encode {
	const tag = packText(order.tag);
	const fixed = Object.entries({
		...order.extra,
		container_id: order.id,
		container_name: `/${order.name}`,
	});
	return (message) => {
		const entries: [string, string | Buffer][] = [
			...fixed,
			...partOf(message),
			["source", message.stream],
			["log", message.bytes],
		];
		return [
			Buffer.concat([
				Buffer.from([0x93]),
				tag,
				wire.subSecond ? packEventTime(message.time) : packSeconds(message.time),
				packMap(entries),
			]),
		];
	};
}

function partOf({ part }: Message): [string, string][] {
	if (part === undefined) return [];
	return [
		["partial_message", "true"],
		["partial_id", part.id],
		["partial_ordinal", String(part.ordinal)],
		["partial_last", String(part.last)],
	];
}

function packMap(entries: readonly (readonly [string, string | Buffer])[]): Buffer {
	const head =
		entries.length < 16
			? Buffer.from([0x80 | entries.length])
			: Buffer.from([0xde, entries.length >> 8, entries.length & 0xff]);
	return Buffer.concat([head, ...entries.flatMap(([key, value]) => [packText(key), packText(value)])]);
}

/** As a string, whatever its bytes: that is what fluentd's own library does. */
function packText(value: string | Buffer): Buffer {
	const bytes = typeof value === "string" ? Buffer.from(value) : value;
	const { length } = bytes;
	if (length < 32) return Buffer.concat([Buffer.from([0xa0 | length]), bytes]);
	const head = Buffer.alloc(5);
	head[0] = 0xdb;
	head.writeUInt32BE(length, 1);
	return Buffer.concat([head, bytes]);
}

function packSeconds(time: bigint): Buffer {
	const packed = Buffer.alloc(5);
	packed[0] = 0xce;
	packed.writeUInt32BE(Number(time / 1_000_000_000n), 1);
	return packed;
}

/** Extension type 0 of eight bytes: seconds and nanoseconds. */
function packEventTime(time: bigint): Buffer {
	const packed = Buffer.alloc(10);
	packed[0] = 0xd7;
	packed.writeUInt32BE(Number(time / 1_000_000_000n), 2);
	packed.writeUInt32BE(Number(time % 1_000_000_000n), 6);
	return packed;
}
