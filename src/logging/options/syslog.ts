import { readFileSync, statSync } from "node:fs";
import type { Address, SyslogFormat } from "../ship/order.ts";
import type { Destination } from "./destination.ts";
import { assertKnown, failedToInitialize, invalid, type LogOptions } from "./values.ts";

export const syslogOptions = [
	"syslog-address",
	"syslog-facility",
	"syslog-format",
	"syslog-tls-ca-cert",
	"syslog-tls-cert",
	"syslog-tls-key",
	"syslog-tls-skip-verify",
];

const facilities = [
	...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"],
	...["", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"],
];
const defaultFacility = 3;
const defaultPort = 514;

/** `--log-driver syslog`: https://docs.docker.com/engine/logging/drivers/syslog/ */
export function syslogDestination(options: LogOptions, known: readonly string[]): Destination {
	const address = addressOf(options);
	const facility = facilityOf(options["syslog-facility"] ?? "");
	const format = formatOf(options["syslog-format"] ?? "");
	assertKnown(
		options,
		new Set([...syslogOptions, ...known]),
		(name) => `unknown log opt '${name}' for syslog log driver`,
	);
	return {
		address,
		wire: { driver: "syslog", facility, format },
		retry: { firstMs: 200, factor: 2 },
	};
}

function addressOf(options: LogOptions): Address {
	const text = options["syslog-address"] ?? "";
	if (text === "")
		throw failedToInitialize("syslog-address is required: the host's own syslog is not supported yet");
	const [, scheme = "", rest = ""] = /^(udp|tcp|tcp\+tls|unix|unixgram):\/\/(.*)$/.exec(text) ?? [];
	if (scheme === "") throw invalid(`syslog-address should be in form proto://address, got ${text}`);
	if (scheme === "unixgram") throw invalid("syslog-address: unixgram is not supported yet");
	if (scheme === "unix") return { kind: "unix", path: rest };
	const { host, port } = hostAndPort(rest, text);
	if (scheme !== "tcp+tls") return { kind: scheme as "udp" | "tcp", host, port };
	return { kind: "tls", host, port, ...tlsFiles(options) };
}

/** The host, and its port when the address has one. */
function hostAndPort(rest: string, text: string): { host: string; port: number } {
	const match = /^(?:\[([^\]]+)\]|([^:/]*))(?::(\d+))?$/.exec(rest);
	const port = Number(match?.[3] ?? defaultPort);
	if (match === null || port < 1 || port > 65535) throw invalid(`invalid syslog-address ${text}`);
	return { host: match[1] || match[2] || "localhost", port };
}

/** That the files of an address are there, which a container that exists may do without until it starts. */
export function assertAddressFiles(address: Address): void {
	if (address.kind === "unix" && statSync(address.path, { throwIfNoEntry: false }) === undefined)
		throw invalid(`stat ${address.path}: no such file or directory`);
	if (address.kind !== "tls") return;
	assertReadable(address.ca, (path, why) => `could not read CA certificate "${path}": ${why}`);
	for (const path of [address.cert, address.key])
		assertReadable(path, (_, why) => `Could not load X509 key pair: ${why}`);
}

function assertReadable(path: string | undefined, words: (path: string, reason: string) => string): void {
	if (path === undefined) return;
	try {
		readFileSync(path);
	} catch (error) {
		throw failedToInitialize(words(path, `open ${path}: no such file or directory`), error);
	}
}

function tlsFiles(options: LogOptions) {
	const { "syslog-tls-ca-cert": ca, "syslog-tls-cert": cert, "syslog-tls-key": key } = options;
	return {
		...(ca === undefined ? {} : { ca }),
		...(cert === undefined ? {} : { cert }),
		...(key === undefined ? {} : { key }),
		// Docker looks only whether it is there.
		...(options["syslog-tls-skip-verify"] === undefined ? {} : { skipVerify: true }),
	};
}

function facilityOf(text: string): number {
	if (text === "") return defaultFacility;
	const number = /^\d+$/.test(text) ? Number(text) : facilities.indexOf(text);
	if (number < 0 || number >= facilities.length) throw invalid("invalid syslog facility");
	return number;
}

function formatOf(text: string): SyslogFormat {
	if (text === "" || text === "rfc3164" || text === "rfc5424" || text === "rfc5424micro") return text;
	throw invalid("Invalid syslog format");
}
