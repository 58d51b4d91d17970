import { randomBytes } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import type { ShippingOrder, Wire } from "../ship/order.ts";
import { type Encode, severityOf } from "./message.ts";

const chunkBytes = 1420;
const chunkHeadBytes = 12;
/** More chunks a receiver does not put together: such a message is not sent. */
const maxChunks = 128;

/** Graylog's format, version 1.1: https://go2docs.graylog.org/current/getting_in_log_data/gelf.html */
export function encodeGelf(order: ShippingOrder, wire: Extract<Wire, { driver: "gelf" }>): Encode {
	const extra = Object.entries(order.extra).map(([key, value]) => [`_${key}`, value.toWellFormed()]);
	const fields = {
		...Object.fromEntries(extra),
		_command: order.command,
		_container_id: order.id,
		_container_name: order.name,
		_created: order.createdAt,
		_image_id: order.image.id,
		_image_name: order.image.name,
		_tag: order.tag,
	};
	const datagrams = order.address.kind === "udp";
	return (message) => {
		if (message.bytes.length === 0) return [];
		const json = JSON.stringify({
			version: "1.1",
			host: order.hostname,
			short_message: message.bytes.toString("utf8"),
			timestamp: Number(message.time / 1_000_000n) / 1000,
			level: severityOf(message),
			...fields,
		});
		return datagrams ? chunks(pack(Buffer.from(json), wire)) : [Buffer.from(`${json}\0`)];
	};
}

function pack(json: Buffer, { compression, level }: Extract<Wire, { driver: "gelf" }>): Buffer {
	if (compression === "none") return json;
	return compression === "gzip" ? gzipSync(json, { level }) : deflateSync(json, { level });
}

function chunks(packed: Buffer): Uint8Array[] {
	if (packed.length <= chunkBytes) return [packed];
	const size = chunkBytes - chunkHeadBytes;
	const count = Math.ceil(packed.length / size);
	if (count > maxChunks) return [];
	const id = randomBytes(8);
	return Array.from({ length: count }, (_, i) =>
		Buffer.concat([
			Buffer.from([0x1e, 0x0f]),
			id,
			Buffer.from([i, count]),
			packed.subarray(i * size, (i + 1) * size),
		]),
	);
}
