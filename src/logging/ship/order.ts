import { readFileSync } from "node:fs";

/** How a server is reached. */
export type Address =
	| { readonly kind: "udp"; readonly host: string; readonly port: number }
	| { readonly kind: "tcp"; readonly host: string; readonly port: number }
	| {
			readonly kind: "tls";
			readonly host: string;
			readonly port: number;
			/** Paths, read with each connection. */
			readonly ca?: string;
			readonly cert?: string;
			readonly key?: string;
			readonly skipVerify?: boolean;
	  }
	| { readonly kind: "unix"; readonly path: string };

export type SyslogFormat = "" | "rfc3164" | "rfc5424" | "rfc5424micro";

/** What a server is sent. */
export type Wire =
	| { readonly driver: "syslog"; readonly facility: number; readonly format: SyslogFormat }
	| { readonly driver: "gelf"; readonly compression: "gzip" | "zlib" | "none"; readonly level: number }
	| { readonly driver: "fluentd"; readonly subSecond: boolean };

/** How it is tried again. */
export interface Retry {
	readonly firstMs: number;
	readonly factor: number;
	/** After as many in a row what waits is given up; absent: never. */
	readonly attempts?: number;
}

/** One container's log that goes to a server, as it stands in `<data-root>/shipping/<id>`. */
export interface ShippingOrder {
	readonly version: 1;
	readonly id: string;
	readonly name: string;
	readonly logPath: string;
	/** Where it is noted how far that was. */
	readonly shippedPath: string;
	readonly address: Address;
	readonly wire: Wire;
	readonly retry: Retry;
	readonly tag: string;
	readonly hostname: string;
	readonly image: { readonly id: string; readonly name: string };
	readonly command: string;
	readonly createdAt: string;
	/** Labels and variables. */
	readonly extra: Readonly<Record<string, string>>;
	/** More than that does not wait; absent: as much as the log's files hold. */
	readonly maxLagBytes?: number;
	/** The container has ended: nothing more will be written. */
	readonly over: boolean;
}

const addresses = new Set(["udp", "tcp", "tls", "unix"]);
const drivers = new Set(["syslog", "gelf", "fluentd"]);

/** `undefined` for what is no order: torn, or of another version of the engine. */
export function readOrder(path: string): ShippingOrder | undefined {
	let order: ShippingOrder;
	try {
		order = JSON.parse(readFileSync(path, "utf8"));
	} catch {
		return undefined;
	}
	const isOrder =
		order?.version === 1 &&
		typeof order.id === "string" &&
		typeof order.logPath === "string" &&
		typeof order.shippedPath === "string" &&
		addresses.has(order.address?.kind) &&
		drivers.has(order.wire?.driver) &&
		typeof order.retry?.firstMs === "number";
	return isOrder ? order : undefined;
}
