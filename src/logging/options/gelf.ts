import type { Address } from "../ship/order.ts";
import type { Destination } from "./destination.ts";
import { assertKnown, invalid, type LogOptions } from "./values.ts";

export const gelfOptions = [
	"gelf-address",
	"gelf-compression-type",
	"gelf-compression-level",
	"gelf-tcp-max-reconnect",
	"gelf-tcp-reconnect-delay",
];

/** `--log-driver gelf`: https://docs.docker.com/engine/logging/drivers/gelf/ */
export function gelfDestination(options: LogOptions, known: readonly string[]): Destination {
	const address = addressOf(options["gelf-address"] ?? "");
	assertKnown(
		options,
		new Set([...gelfOptions, ...known]),
		(name) => `unknown log opt '${name}' for gelf log driver`,
	);
	const { "gelf-compression-type": type, "gelf-compression-level": level } = options;
	if (address.kind === "tcp" && (type !== undefined || level !== undefined))
		throw invalid("compression is only supported on UDP");
	return {
		address,
		wire: { driver: "gelf", compression: compressionOf(type), level: levelOf(level) },
		retry: retryOf(options, address),
	};
}

function addressOf(text: string): Address {
	if (text === "") throw invalid("gelf-address is a required parameter");
	const [, scheme = "", rest = ""] = /^(udp|tcp|unix|unixgram|tcp\+tls):\/\/(.*)$/.exec(text) ?? [];
	if (scheme === "") throw invalid(`gelf-address should be in form proto://address, got ${text}`);
	if (scheme !== "udp" && scheme !== "tcp") throw invalid("gelf: endpoint needs to be TCP or UDP");
	const match = /^(?:\[([^\]]+)\]|([^:/]*)):(\d+)$/.exec(rest);
	const port = Number(match?.[3]);
	if (match === null || !(port > 0 && port <= 65535))
		throw invalid("gelf: please provide gelf-address as proto://host:port");
	return { kind: scheme, host: match[1] || match[2] || "localhost", port };
}

function compressionOf(text: string | undefined): "gzip" | "zlib" | "none" {
	if (text === undefined) return "gzip";
	if (text === "gzip" || text === "zlib" || text === "none") return text;
	throw unknownValue("gelf-compression-type", text);
}

function levelOf(text: string | undefined): number {
	if (text === undefined) return 1;
	const level = Number(text);
	if (!/^-?\d+$/.test(text) || level < -1 || level > 9) throw unknownValue("gelf-compression-level", text);
	return level;
}

function unknownValue(name: string, value: string): Error {
	return invalid(`unknown value ${JSON.stringify(value)} for log opt "${name}" for gelf log driver`);
}

/** Without a number of attempts it is tried for ever; Docker's three would lose what a restart of the server takes. */
function retryOf(options: LogOptions, address: Address): Destination["retry"] {
	const read = (name: string) => {
		const text = options[name];
		if (text === undefined) return undefined;
		if (address.kind !== "tcp") throw invalid(`"${name}" is only valid for TCP`);
		if (!/^\d+$/.test(text)) throw invalid(`"${name}" must be a positive integer`);
		return Number(text);
	};
	const attempts = read("gelf-tcp-max-reconnect");
	const seconds = read("gelf-tcp-reconnect-delay") ?? 1;
	return {
		firstMs: Math.max(seconds * 1000, 100),
		factor: 1,
		...(attempts === undefined ? {} : { attempts }),
	};
}
