import { readFileSync } from "node:fs";
import { isIPv4, isIPv6 } from "node:net";
import { errnoOf } from "../lib/index.ts";

export interface ResolvConfOptions {
	/** `--dns`; replaces the host's servers. */
	readonly dns: readonly string[];
	/** `--dns-search`; replaces the host's domains. A single `.` means none at all. */
	readonly search: readonly string[];
	/** `--dns-option`; replaces the host's options. */
	readonly options: readonly string[];
	/** The container has the host's network, where the host's servers are right as they are. */
	readonly hostNetwork?: boolean;
	/** The engine's name server inside of the sandbox is the only one; it asks the others. */
	readonly nameServer?: boolean;
}

/** Where the engine's name server is inside of a sandbox: Docker's address, which configurations name. */
export const NAME_SERVER = "127.0.0.11";

const HOST_FILE = "/etc/resolv.conf";
/** Where systemd-resolved keeps the servers behind its stub. */
const RESOLVED_FILE = "/run/systemd/resolve/resolv.conf";
const RESOLVED_STUB = "127.0.0.53";
const publicServers = ["8.8.8.8", "8.8.4.4"];

/**
 * The host's resolv.conf(5) as a container should see it. In a network namespace of its own, servers on loopback are
 * other ones than the host's, so they are left out, as are IPv6 ones (the container has no IPv6); when none remains,
 * Google's public servers stand in, as with Docker.
 */
export function resolvConf(options: ResolvConfOptions): string {
	const host = readHostFile(options.hostNetwork ?? false);
	return buildResolvConf(host, options);
}

/** As {@link resolvConf}, from the text of the host's file. */
export function buildResolvConf(hostText: string, options: ResolvConfOptions): string {
	const host = parseResolvConf(hostText);
	const servers = serversFor(host, options);
	const search = options.search.length > 0 ? options.search.filter((domain) => domain !== ".") : host.search;
	const resolverOptions = resolverOptionsFor(
		options.options.length > 0 ? options.options : host.options,
		options,
	);
	const lines = servers.map((server) => `nameserver ${server}`);
	if (search.length > 0) lines.push(`search ${search.join(" ")}`);
	if (resolverOptions.length > 0) lines.push(`options ${resolverOptions.join(" ")}`);
	return `${lines.join("\n")}\n`;
}

function serversFor(host: ResolvConf, options: ResolvConfOptions): readonly string[] {
	if (options.nameServer) return [NAME_SERVER];
	return options.dns.length > 0 ? options.dns : inheritedServers(host, options.hostNetwork ?? false);
}

/** Names of neighbours have no dot: as Docker, they are asked for as they are before any search domain is tried. */
function resolverOptionsFor(chosen: readonly string[], { nameServer }: ResolvConfOptions): readonly string[] {
	const wantsDots = nameServer === true && !chosen.some((option) => option.startsWith("ndots:"));
	return wantsDots ? [...chosen, "ndots:0"] : chosen;
}

/** The name servers that the host's file lists, as they are. */
export function hostNameservers(): readonly string[] {
	return parseResolvConf(readHostFile(false)).nameservers;
}

function readHostFile(hostNetwork: boolean): string {
	const text = readIfThere(HOST_FILE);
	if (hostNetwork) return text;
	const { nameservers } = parseResolvConf(text);
	const onlyStub = nameservers.length > 0 && nameservers.every((server) => server === RESOLVED_STUB);
	return onlyStub ? readIfThere(RESOLVED_FILE) || text : text;
}

function readIfThere(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return "";
		throw error;
	}
}

interface ResolvConf {
	readonly nameservers: readonly string[];
	readonly search: readonly string[];
	readonly options: readonly string[];
}

/** As the resolver reads it: the last `search` or `domain` counts, servers and options add up. */
function parseResolvConf(text: string): ResolvConf {
	const nameservers: string[] = [];
	const options: string[] = [];
	let search: string[] = [];
	for (const line of text.split("\n")) {
		if (/^\s*[#;]/.test(line)) continue;
		const [keyword, ...values] = line.trim().split(/\s+/);
		if (keyword === "nameserver" && values[0] !== undefined) nameservers.push(values[0]);
		if (keyword === "search" || keyword === "domain") search = values;
		if (keyword === "options") options.push(...values);
	}
	return { nameservers, search: search.filter((domain) => domain !== "."), options };
}

function inheritedServers(host: ResolvConf, hostNetwork: boolean): readonly string[] {
	if (hostNetwork) return host.nameservers;
	const reachable = host.nameservers.filter(isReachable);
	return reachable.length > 0 ? reachable : publicServers;
}

/** From a namespace with IPv4 only. What is no address at all stays, for its owner to see. */
function isReachable(server: string): boolean {
	if (isIPv6(server.split("%")[0]!)) return false;
	return !(isIPv4(server) && server.startsWith("127."));
}
