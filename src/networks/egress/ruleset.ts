import type { Endpoint } from "../contract.ts";
import type { AddressFamily } from "../ipam/address.ts";
import { formatSubnet } from "../ipam/subnet.ts";
import type { EgressRule } from "./policy.ts";
import { type EgressScope, setStem } from "./scopes.ts";

/** An endpoint under a policy. */
export interface Guarded {
	readonly endpoint: Endpoint;
	readonly bridgeName: string;
	/** At least one. */
	readonly scopes: readonly EgressScope[];
}

/** Chains and sets that are in the table now. */
export interface PresentEgress {
	readonly chains: readonly string[];
	readonly sets: readonly string[];
}

export interface EgressRulesetOptions {
	/** Of the two tables, in the families `bridge` and `inet`. */
	readonly tableName: string;
	/** Where the kernel tells what was denied (NFLOG). */
	readonly logGroup: number;
	readonly guarded: readonly Guarded[];
	readonly present: PresentEgress;
}

/** As many addresses as a name can have at a time. */
const setSize = 4096;

/**
 * The rules of all egress policies as one nftables script, applied in one transaction.
 *
 * - The table of the family `bridge` sees what a container's link gives up to the host, and lets through only what has
 *   the endpoint's addresses: what passes between ports of the bridge does not come there.
 * - The table of the family `inet` sees what of it is for others or for the host itself. Packets are known by bridge and
 *   address, which the first table has made sure of.
 * - The addresses of names are in sets that hull-names fills; sets that stay are not touched. The rules are flushed and
 *   written anew around them.
 */
export function egressRuleset(options: EgressRulesetOptions): string {
	const { tableName, guarded, present } = options;
	const sets = setsOf(guarded);
	return [
		`table bridge ${tableName}`,
		`delete table bridge ${tableName}`,
		...bridgeTable(options),
		`table inet ${tableName}`,
		`flush table inet ${tableName}`,
		...present.chains.map((chain) => `delete chain inet ${tableName} ${chain}`),
		...present.sets.filter((set) => !sets.includes(set)).map((set) => `delete set inet ${tableName} ${set}`),
		...inetTable(options, sets),
		"",
	].join("\n");
}

/** Removes both tables, whether they are there or not. */
export function emptyEgressRuleset(tableName: string): string {
	return ["bridge", "inet"]
		.map((family) => `table ${family} ${tableName}\ndelete table ${family} ${tableName}\n`)
		.join("");
}

/** The sets' names. */
export function setsOf(guarded: readonly Guarded[]): string[] {
	const stems = guarded.flatMap(({ endpoint, scopes }) =>
		scopes.flatMap(({ policy }) =>
			policy.flatMap(({ to }) => (to.kind === "name" ? [setStem(endpoint.containerId, to)] : [])),
		),
	);
	return [...new Set(stems)].flatMap((stem) => [`${stem}_4`, `${stem}_6`]);
}

function bridgeTable({ tableName, guarded }: EgressRulesetOptions): string[] {
	const chains = guarded.flatMap(({ endpoint }) => chain(sourceChain(endpoint), sourceRules(endpoint)));
	const ports = guarded.map(({ endpoint }) => `"${endpoint.hostInterface}" : goto ${sourceChain(endpoint)}`);
	const input = [
		"type filter hook input priority -200; policy accept;",
		`iifname vmap { ${ports.join(", ")} }`,
	];
	return [`table bridge ${tableName} {`, ...chains, ...chain("input", input), "}"];
}

/** A link-local address is good for finding the gateway's hardware address, and for nothing else. */
function sourceRules({ macAddress, ipv4Address, ipv6Address }: Endpoint): string[] {
	const discovery = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept";
	return [
		`ether saddr != ${macAddress} drop`,
		...(ipv4Address === ""
			? []
			: [`ether type arp arp saddr ip ${ipv4Address} accept`, `ip saddr ${ipv4Address} accept`]),
		...(ipv6Address === "" ? [] : [`ip6 saddr ${ipv6Address} accept`, `ip6 saddr fe80::/10 ${discovery}`]),
		"drop",
	];
}

function inetTable(options: EgressRulesetOptions, sets: readonly string[]): string[] {
	const { guarded, tableName } = options;
	const bridges = [...new Set(guarded.map(({ bridgeName }) => `"${bridgeName}"`))];
	const hooked = (hook: string) => `type filter hook ${hook} priority filter - 5; policy accept;`;
	const check = `iifname { ${bridges.join(", ")} } jump check`;
	const neighbours = bridges.map((name) => `${name} . ${name}`).join(", ");
	return [
		`table inet ${tableName} {`,
		...sets.flatMap((name) => setBlock(name)),
		...guarded.flatMap((one) => guardedChains(one, options.logGroup)),
		...chain("check", [
			"ct state { established, related } accept",
			...sourceMap(guarded, 4),
			...sourceMap(guarded, 6),
		]),
		// Of neighbours by way of the gateway, or, where br_netfilter is on, from port to port.
		...chain("forward", [hooked("forward"), `iifname . oifname { ${neighbours} } accept`, check]),
		...chain("input", [hooked("input"), check]),
		"}",
	];
}

function setBlock(name: string): string[] {
	const type = name.endsWith("_4") ? "ipv4_addr" : "ipv6_addr";
	return [`\tset ${name} {`, `\t\ttype ${type}; flags timeout; size ${setSize};`, "\t}"];
}

function sourceMap(guarded: readonly Guarded[], family: AddressFamily): string[] {
	const elements = guarded.flatMap(({ endpoint, bridgeName }) => {
		const address = family === 4 ? endpoint.ipv4Address : endpoint.ipv6Address;
		return address === "" ? [] : [`"${bridgeName}" . ${address} : jump ${chainName("endpoint", endpoint)}`];
	});
	if (elements.length === 0) return [];
	return [`iifname . ${protocolOf(family)} saddr vmap { ${elements.join(", ")} }`];
}

function guardedChains({ endpoint, scopes }: Guarded, logGroup: number): string[] {
	const denied = chainName("denied", endpoint);
	const scopeChain = (index: number) => `${chainName("scope", endpoint)}_${index}`;
	return [
		...chain(denied, [
			`limit rate 10/second burst 20 packets log prefix "${endpoint.id.slice(0, 12)}" group ${logGroup} snaplen 128`,
			// Of a connection that was cut: nothing less ends it for the program.
			"meta l4proto tcp tcp flags & syn == 0 reject with tcp reset",
			"reject with icmpx admin-prohibited",
		]),
		...scopes.flatMap(({ policy }, index) =>
			chain(scopeChain(index), scopeRules(policy, { containerId: endpoint.containerId, denied })),
		),
		...chain(chainName("endpoint", endpoint), [
			"icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } return",
			...scopes.map((_, index) => `jump ${scopeChain(index)}`),
		]),
	];
}

/** Name servers other than the engine's would tell names that no policy sees, so their ports must be said to be open. */
function scopeRules(
	policy: readonly EgressRule[],
	how: { readonly containerId: string; readonly denied: string },
): string[] {
	const rules = (chosen: readonly EgressRule[]) =>
		chosen.flatMap((rule) => allowed(rule, how.containerId).map((match) => `${match} return`));
	return [
		...rules(policy.filter(({ ports }) => ports.length > 0)),
		`meta l4proto { tcp, udp } th dport { 53, 853 } goto ${how.denied}`,
		...rules(policy.filter(({ ports }) => ports.length === 0)),
		`goto ${how.denied}`,
	];
}

/** What a rule matches, for each family that it is about. */
function allowed({ to, protocol, ports }: EgressRule, containerId: string): string[] {
	const families: readonly AddressFamily[] = to.kind === "name" ? [4, 6] : [to.subnet.family];
	return families.map((family) => {
		const target = to.kind === "name" ? `@${setStem(containerId, to)}_${family}` : formatSubnet(to.subnet);
		const words = [`${protocolOf(family)} daddr ${target}`];
		if (protocol === "icmp") words.push(`${family === 4 ? "icmp" : "icmpv6"} type echo-request`);
		else if (protocol !== undefined) words.push(`meta l4proto ${protocol}`);
		else if (ports.length > 0) words.push("meta l4proto { tcp, udp }");
		if (ports.length > 0) words.push(`th dport { ${ports.map(rangeText).join(", ")} }`);
		return words.join(" ");
	});
}

function rangeText([first, last]: readonly [number, number]): string {
	return first === last ? String(first) : `${first}-${last}`;
}

function chain(name: string, rules: readonly string[]): string[] {
	return [`\tchain ${name} {`, ...rules.map((rule) => `\t\t${rule}`), "\t}"];
}

function sourceChain(endpoint: Endpoint): string {
	return chainName("source", endpoint);
}

function chainName(what: string, { id }: Endpoint): string {
	return `${what}_${id.slice(0, 12)}`;
}

function protocolOf(family: AddressFamily): string {
	return family === 4 ? "ip" : "ip6";
}
