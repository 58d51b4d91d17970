/** Builds: what a request asks for beyond a sandbox, and the names that it gives. */
import type { HullBuildRequest } from "../../api/index.ts";
import type { BuildRequest } from "../../builder/index.ts";
import type { SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";
import { checkTag } from "./image-names.ts";

/** Of `POST /hull/build`, before anything of it is read: what only this way of building has. `forbidden`. */
export function checkHullBuild(policy: SocketPolicy, request: HullBuildRequest): void {
	if (Object.keys(request.Ssh ?? {}).length > 0)
		throw denial(policy, "ssh", "Ssh: sockets of the host are not given to builds");
	if (request.Contexts.some(({ Kind }) => Kind === "remote")) throw addressDenial(policy);
	if ((request.Allow ?? []).length > 0) throw entitlementDenial(policy);
	if (request.Network === "host") throw hostNetworkDenial(policy);
	for (const { Names = [] } of request.Exports ?? []) for (const name of Names) checkTag(policy, name);
}

/** Of every build, whichever way it came. `forbidden`. */
export function checkBuild(policy: SocketPolicy, request: BuildRequest): void {
	const { limits, cacheFrom, cacheTo } = request;
	if ((request.allow?.size ?? 0) > 0) throw entitlementDenial(policy);
	if (request.network === "host") throw hostNetworkDenial(policy);
	if (limits.cgroupParent !== "")
		throw denial(policy, "cgroup-parent", "a control group's parent cannot be chosen");
	if (cacheFrom.length > 0 || cacheTo.some(({ type }) => type !== "inline"))
		throw denial(policy, "cache", "caches are neither taken from elsewhere nor put there");
	for (const one of request.exports) if ("names" in one) for (const name of one.names) checkTag(policy, name);
	const { memoryBytes, cpuNanos } = policy.rules.limits;
	if (memoryBytes !== undefined && limits.memoryBytes > memoryBytes)
		throw denial(policy, "limits.memory", "the build asks for more than this socket's containers may have");
	if (cpuNanos !== undefined && (limits.cpuQuota !== 0 || limits.cpuPeriod !== 0))
		throw denial(policy, "limits.cpus", "processors of builds are the engine's choice");
}

/** The request within the policy's limits. */
export function limitedBuild({ rules: { limits } }: SocketPolicy, request: BuildRequest): BuildRequest {
	const { memoryBytes, cpuNanos } = limits;
	const period = 100_000;
	return {
		...request,
		limits: {
			...request.limits,
			...(memoryBytes === undefined
				? {}
				: { memoryBytes: request.limits.memoryBytes || memoryBytes, memorySwapBytes: 0 }),
			...(cpuNanos === undefined
				? {}
				: { cpuPeriod: period, cpuQuota: Math.max(1000, Math.round((cpuNanos / 1e9) * period)) }),
		},
	};
}

export function addressDenial(policy: SocketPolicy) {
	return denial(policy, "addresses", "the engine fetches nothing from addresses for it: send it along");
}

function entitlementDenial(policy: SocketPolicy) {
	return denial(
		policy,
		"privileged",
		"entitlements of builds (network.host, security.insecure, device) are not given",
	);
}

function hostNetworkDenial(policy: SocketPolicy) {
	return denial(policy, "namespaces", "the host's network namespace is not shared");
}
