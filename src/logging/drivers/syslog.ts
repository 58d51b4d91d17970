import type { ShippingOrder, SyslogFormat, Wire } from "../ship/order.ts";
import { type Encode, type Message, severityOf } from "./message.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const newline = Buffer.from("\n");

/**
 * As Docker writes it: by default the short form of /dev/log, else RFC 3164 or RFC 5424. Over TLS the messages of the
 * latter are counted (RFC 5425), all others end with a newline.
 */
export function encodeSyslog(order: ShippingOrder, wire: Extract<Wire, { driver: "syslog" }>): Encode {
	const head = headOf(order, wire.format);
	const counted = order.address.kind === "tls" && wire.format.startsWith("rfc5424");
	return (message) => {
		if (message.bytes.length === 0) return [];
		const priority = `<${wire.facility * 8 + severityOf(message)}>`;
		const text = Buffer.concat([Buffer.from(priority + head(message)), message.bytes, newline]);
		return [counted ? Buffer.concat([Buffer.from(`${text.length} `), text]) : text];
	};
}

function headOf(order: ShippingOrder, format: SyslogFormat): (message: Message) => string {
	const { pid } = process;
	// A line end in it would begin another message.
	const tag = order.tag.replace(/\p{Cc}/gu, " ");
	switch (format) {
		case "":
			return ({ time }) => `${stamp(time)} ${tag}[${pid}]: `;
		case "rfc3164":
			return ({ time }) => `${stamp(time)} ${order.hostname} ${tag}[${pid}]: `;
		case "rfc5424":
			return ({ time }) => `1 ${iso(time, "")} ${order.hostname} ${tag} ${pid} ${tag} - `;
		case "rfc5424micro":
			return ({ time }) => `1 ${iso(time, micros(time))} ${order.hostname} ${tag} ${pid} ${tag} - `;
		default:
			return format satisfies never;
	}
}

function stamp(time: bigint): string {
	const date = new Date(Number(time / 1_000_000n));
	const clock = [date.getHours(), date.getMinutes(), date.getSeconds()];
	const day = String(date.getDate()).padStart(2);
	return `${months[date.getMonth()]} ${day} ${clock.map((part) => String(part).padStart(2, "0")).join(":")}`;
}

function iso(time: bigint, fraction: string): string {
	return `${new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19)}${fraction}Z`;
}

function micros(time: bigint): string {
	return `.${String((time / 1000n) % 1_000_000n).padStart(6, "0")}`;
}
