import { isIP } from "node:net";

/** Where the registry of a domain is. */
export interface Endpoint {
	/** `https://registry-1.docker.io`, without a slash at the end. */
	readonly origin: string;
}

/** Docker Hub's name in references is not its registry's address. */
const hub = { domain: "docker.io", host: "registry-1.docker.io" };

/** Plain http for this machine's own registries and for those that the operator called insecure, TLS for all others. */
export function endpointOf(domain: string, insecure: readonly string[]): Endpoint {
	const host = domain === hub.domain ? hub.host : domain;
	const plain = isLoopback(host) || insecure.includes(domain);
	return { origin: `${plain ? "http" : "https"}://${host}` };
}

/** @param host may carry a port. */
export function isLoopback(host: string): boolean {
	const name = host.replace(/:[0-9]+$/, "").replace(/^\[(.*)\]$/, "$1");
	if (name === "localhost" || name === "::1") return true;
	return isIP(name) === 4 && name.startsWith("127.");
}
