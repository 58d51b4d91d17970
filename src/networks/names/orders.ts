import type { Endpoint, NameServiceRequest, NetworkRecord } from "../contract.ts";
import { type EgressScope, ownScope, scopesOf, setStem } from "../egress/scopes.ts";

/**
 * The lines that hull-names is told by, whose syntax `native/names/control.c` describes. A line is words between
 * spaces; what cannot be one is left out, since nobody could ask for it.
 */
export function containerOrder({ containerId, servers }: NameServiceRequest): string {
	return line(["container", containerId, ...servers.filter(isWord)]);
}

/** Nothing for the networks that have no names: `host` and `none`. `served`: the container, when it may ask. */
export function endpointOrder(
	endpoint: Endpoint,
	network: NetworkRecord,
	served: NameServiceRequest | undefined,
): string {
	if (network.driver === "host" || network.driver === "none") return "";
	// On the default bridge nobody has a name, as in Docker; that it leads outside counts all the same.
	const named = network.name !== "bridge";
	return line([
		"endpoint",
		network.id,
		isWord(network.name) ? network.name : network.id,
		network.internal ? "internal" : "open",
		endpoint.containerId,
		String(endpoint.gatewayPriority),
		endpoint.ipv4Address || "-",
		endpoint.ipv6Address || "-",
		...(named ? endpoint.names.filter(isName).slice(0, maxNames) : []),
		...(named ? linkWords(served) : []),
	]);
}

/**
 * What an endpoint's container may leave for, by its own policy and by the network's; policies that are not there end.
 * Before the container's own order: without a policy every name would be answered.
 */
export function egressOrders(endpoint: Endpoint, network: NetworkRecord, tableName: string): string {
	const scopes = scopesOf(endpoint, network);
	const isThere = (id: string) => scopes.some((scope) => scope.id === id);
	const { containerId } = endpoint;
	return [
		...scopes.map((scope) =>
			line(["egress", containerId, scope.id, tableName, ...patternWords(containerId, scope)]),
		),
		...[ownScope, network.id].filter((id) => !isThere(id)).map((id) => line(["egress-end", containerId, id])),
	].join("");
}

function patternWords(containerId: string, { policy }: EgressScope): string[] {
	const words = policy.flatMap(({ to }) =>
		to.kind === "name" ? [`${to.pattern}=${setStem(containerId, to)}`] : [],
	);
	return [...new Set(words)];
}

export function leftOrder({ networkId, containerId }: Endpoint): string {
	return line(["left", networkId, containerId]);
}

/** As many as hull-names keeps for one endpoint. */
const maxNames = 64;

function linkWords(served: NameServiceRequest | undefined): string[] {
	return (served?.links ?? [])
		.filter(({ name }) => isName(name))
		.slice(0, maxNames)
		.map(({ name, containerId }) => `${name}=${containerId}`);
}

function line(words: readonly string[]): string {
	return `${words.join(" ")}\n`;
}

function isName(text: string): boolean {
	return isWord(text) && !text.includes("=");
}

/** A DNS name has at most 253 bytes (RFC 1035, 2.3.4). */
function isWord(text: string): boolean {
	return /^[^\s\p{Cc}]+$/u.test(text) && Buffer.byteLength(text) <= 253;
}
