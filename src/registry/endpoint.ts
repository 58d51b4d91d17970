import { BlockList, isIP } from "node:net";
import { EngineError } from "../lib/index.ts";
import type { RegistryAuth } from "./contract.ts";
import { speaksTls } from "./probe-tls.ts";
import type { CredentialSource, RegistrySettings } from "./settings.ts";
import { type TlsOptions, tlsOf } from "./tls.ts";

/** One place that has the repositories of a domain: the registry itself, or a mirror. */
export interface Endpoint {
	/** `https://registry-1.docker.io`, without a slash at the end. */
	origin(signal?: AbortSignal): Promise<string>;
	/** Stands before the names of repositories: `proxy/`, mostly empty. */
	readonly namePrefix: string;
	readonly isMirror: boolean;
	/** A mirror's own, asked for when it wants some. */
	readonly credentials?: () => Promise<RegistryAuth | undefined>;
	/** TLS towards any host that a request to this endpoint meets. */
	readonly tls: TlsLookup;
}

/** Reads what is kept for a host; `undefined` when there is nothing. */
export type ReadCredentials = (source: CredentialSource, host: string) => Promise<RegistryAuth | undefined>;

export type TlsLookup = (url: URL) => TlsOptions;

/** Docker Hub's name in references is not its registry's address. */
const hub = { domain: "docker.io", host: "registry-1.docker.io" };

/**
 * Where a domain is: TLS always, but for this machine's own registries and those that the operator called insecure;
 * there TLS is tried first and not verified, unless a certificate authority is given for the host.
 */
export function endpointOf(domain: string, settings: RegistrySettings): Endpoint {
	refuseClosed(domain, settings);
	const host = domain === hub.domain ? hub.host : domain;
	const relaxed = isRelaxed(domain, settings);
	const probes = relaxed && !hasAuthority(host, settings);
	return {
		origin: async (signal) => {
			const secure = !probes || (await speaksTls(host, signal));
			return `${secure ? "https" : "http"}://${host}`;
		},
		namePrefix: "",
		isMirror: false,
		tls: tlsLookup(settings),
	};
}

/** The mirrors of a domain, in the order in which they are asked. */
export function mirrorsOf(
	domain: string,
	settings: RegistrySettings,
	credentialsOf: ReadCredentials,
): Endpoint[] {
	const mirrors = settings.hosts.get(domain)?.mirrors ?? [];
	return mirrors.map(({ url, credentials }) => ({
		origin: async () => url.origin,
		namePrefix: url.pathname === "/" ? "" : `${url.pathname.replace(/^\/|\/$/g, "")}/`,
		isMirror: true,
		tls: tlsLookup(settings),
		...(credentials === undefined ? {} : { credentials: () => credentialsOf(credentials, url.host) }),
	}));
}

function refuseClosed(domain: string, settings: RegistrySettings): void {
	if (settings.offline)
		throw new EngineError("unavailable", `the engine is set to work offline: ${domain} is not asked`);
	if (settings.hosts.get(domain)?.blocked)
		throw new EngineError("forbidden", `registry ${domain} is blocked by the engine's configuration`);
}

function tlsLookup(settings: RegistrySettings): TlsLookup {
	return ({ host }) => {
		const tls = tlsOf(settings, host);
		return isRelaxed(host, settings) && tls.ca === undefined ? { ...tls, rejectUnauthorized: false } : tls;
	};
}

function hasAuthority(host: string, settings: RegistrySettings): boolean {
	return tlsOf(settings, host).ca !== undefined;
}

function isRelaxed(host: string, settings: RegistrySettings): boolean {
	const { insecure, hosts } = settings;
	return (
		isLoopback(host) || (hosts.get(host)?.insecure ?? false) || insecure.some((entry) => covers(entry, host))
	);
}

/** @param entry a host with or without port, or a network. */
function covers(entry: string, host: string): boolean {
	const name = withoutPort(host);
	if (!entry.includes("/")) return entry === host || entry === name;
	const family = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");
	if (isIP(name) === 0) return false;
	const [address, bits] = entry.split("/");
	const network = new BlockList();
	network.addSubnet(address!, Number(bits), family(address!));
	return network.check(name, family(name));
}

/** @param host may carry a port. */
export function isLoopback(host: string): boolean {
	const name = withoutPort(host);
	if (name === "localhost" || name === "::1") return true;
	return isIP(name) === 4 && name.startsWith("127.");
}

function withoutPort(host: string): string {
	return host.replace(/:[0-9]+$/, "").replace(/^\[(.*)\]$/, "$1");
}
