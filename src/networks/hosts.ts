import { isIP } from "node:net";
import { EngineError } from "../lib/index.ts";

export interface HostsOptions {
	readonly hostname: string;
	readonly domainname?: string;
	/** The container's own addresses; none with the network `none`. */
	readonly addresses: readonly string[];
	/** `--add-host`: `name:address`, `name=address`; the address may be `host-gateway`. */
	readonly extraHosts: readonly string[];
	/** Address of the host as the container reaches it. */
	readonly hostGateway?: string;
	/** `--link`: other containers by address. */
	readonly links?: readonly { readonly address: string; readonly names: readonly string[] }[];
	/** The host's own file, for a container in the host's network. */
	readonly base?: string;
}

const localLines = [
	"127.0.0.1\tlocalhost",
	"::1\tlocalhost ip6-localhost ip6-loopback",
	"fe00::0\tip6-localnet",
	"ff00::0\tip6-mcastprefix",
	"ff02::1\tip6-allnodes",
	"ff02::2\tip6-allrouters",
];

/**
 * The text of a container's hosts(5), in Docker's order: local names, extra hosts, links, own names. Errors:
 * `invalid_argument` for an extra host that cannot be read or a `host-gateway` that is not known.
 */
export function buildHosts(options: HostsOptions): string {
	const base = options.base === undefined ? localLines : [options.base.trimEnd()];
	const lines = [
		...base,
		...options.extraHosts.map((entry) => extraHost(entry, options.hostGateway)),
		...(options.links ?? []).map(({ address, names }) => `${address}\t${names.join(" ")}`),
		...options.addresses.map((address) => `${address}\t${ownNames(options)}`),
	];
	return `${lines.join("\n")}\n`;
}

/** Errors: `invalid_argument` for an extra host (`name:address`, `name=address`, `name:host-gateway`) that is none. */
export function checkExtraHost(entry: string): void {
	extraHost(entry, "host-gateway");
}

function extraHost(entry: string, hostGateway: string | undefined): string {
	// An IPv6 address has colons too: the name ends at the first separator.
	const match = /^([^:=\s]+)[:=](\S+)$/.exec(entry);
	if (match === null)
		throw new EngineError("invalid_argument", `bad format for add-host: ${JSON.stringify(entry)}`);
	const [, name, address] = match as unknown as [string, string, string];
	if (address !== "host-gateway") return `${checkedAddress(address)}\t${name}`;
	if (hostGateway === undefined || hostGateway === "") {
		throw new EngineError(
			"invalid_argument",
			`unable to derive the IP value for host-gateway of ${JSON.stringify(entry)}`,
		);
	}
	return `${hostGateway}\t${name}`;
}

function checkedAddress(text: string): string {
	const address = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
	if (isIP(address) !== 0) return address;
	throw new EngineError("invalid_argument", `invalid IP address in add-host: ${JSON.stringify(text)}`);
}

/** The names after a container's own address. */
export function ownNames({ hostname, domainname }: Pick<HostsOptions, "hostname" | "domainname">): string {
	if (domainname !== undefined && domainname !== "") return `${hostname}.${domainname} ${hostname}`;
	const dot = hostname.indexOf(".");
	return dot > 0 ? `${hostname} ${hostname.slice(0, dot)}` : hostname;
}
