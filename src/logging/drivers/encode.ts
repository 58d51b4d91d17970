import type { ShippingOrder } from "../ship/order.ts";
import { encodeFluentd } from "./fluentd.ts";
import { encodeGelf } from "./gelf.ts";
import type { Encode } from "./message.ts";
import { encodeSyslog } from "./syslog.ts";

export function encoderOf(order: ShippingOrder): Encode {
	const { wire } = order;
	switch (wire.driver) {
		case "syslog":
			return encodeSyslog(order, wire);
		case "gelf":
			return encodeGelf(order, wire);
		case "fluentd":
			return encodeFluentd(order, wire);
		default:
			return wire satisfies never;
	}
}
