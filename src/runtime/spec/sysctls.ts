import type { SpecInput } from "./input.ts";

/**
 * Docker's sysctls of a network namespace that is the container's own (ping and low ports without privileges), the
 * domain name, and over them the user's.
 */
export function containerSysctls(input: SpecInput): Record<string, string> {
	const result: Record<string, string> = {};
	if (input.namespaces.network === "own") {
		for (const [name, value] of ownNetworkSysctls) if (input.host.hasSysctl(name)) result[name] = value;
	}
	// The runtime spec's `domainname` is younger than the runtimes that are about.
	if (input.domainname) result["kernel.domainname"] = input.domainname;
	return { ...result, ...input.sysctls };
}

const ownNetworkSysctls = [
	["net.ipv4.ping_group_range", "0 2147483647"],
	["net.ipv4.ip_unprivileged_port_start", "0"],
] as const;
