import type { BridgeSettings } from "../drivers/bridge/settings.ts";
import type { AddressFamily } from "../ipam/address.ts";
import { formatSubnet, type Subnet } from "../ipam/subnet.ts";
import { publishedRules } from "./published.ts";

export interface RulesetOptions {
	readonly tableName: string;
	readonly comment: string;
	readonly bridges: readonly BridgeSettings[];
}

/**
 * The whole firewall of an engine as one nftables script, applied in one transaction (`nft -f`): what was in the table
 * goes, and there is no moment without rules. See nft(8).
 *
 * - Containers may open connections to anywhere outside, answers come back, nothing from outside opens one to them, and
 *   no network to another: forwarding makes this host a router, and its neighbours could otherwise reach every port of
 *   every container. Another engine's bridges are outside.
 * - Containers of one network reach each other, unless the network keeps them apart. Ports of a bridge do so without
 *   asking the firewall, so that there it is the bridge's work; here it is what takes the way by the gateway.
 * - Nothing leaves an internal network.
 * - What comes to a published port that the kernel translates gets in (published.ts).
 * - What leaves a bridge's subnet through another link takes the host's address.
 *
 * The cost of a packet does not grow with the number of networks: sets are hashes. Rules of single containers belong
 * before the others in `forward`, after what was decided when a connection was opened.
 */
export function ruleset({ tableName, comment, bridges }: RulesetOptions): string {
	const lines = [
		...emptyTable(tableName),
		`table inet ${tableName} {`,
		`\tcomment ${quoted(comment)}`,
		"\tchain forward {",
		"\t\ttype filter hook forward priority filter; policy accept;",
		"\t\tct state { established, related } accept",
		...forwardRules(bridges).map((rule) => `\t\t${rule}`),
		"\t}",
		"\tchain postrouting {",
		"\t\ttype nat hook postrouting priority srcnat; policy accept;",
		...bridges.flatMap(masqueradeRules).map((rule) => `\t\t${rule}`),
		"\t}",
		"}",
	];
	return `${lines.join("\n")}\n`;
}

/** Removes the table, whether it is there or not. */
export function emptyRuleset(tableName: string): string {
	return `${emptyTable(tableName).join("\n")}\n`;
}

/** `delete table` alone fails when the table is not there. */
function emptyTable(tableName: string): string[] {
	return [`table inet ${tableName}`, `delete table inet ${tableName}`];
}

function forwardRules(bridges: readonly BridgeSettings[]): string[] {
	const names = (chosen: readonly BridgeSettings[]) => chosen.map(({ linkName }) => quoted(linkName));
	const all = setOf(names(bridges));
	const sociable = names(bridges.filter(({ interContainer }) => interContainer));
	const closed = names(bridges.filter(({ isInternal }) => isInternal));
	const open = (family: AddressFamily) =>
		names(bridges.filter(({ gatewayMode }) => gatewayMode[family] === "nat-unprotected"));
	return [
		...rule(
			sociable.map((name) => `${name} . ${name}`),
			(pairs) => `iifname . oifname ${pairs} accept`,
		),
		...rule(open(4), (links) => `meta nfproto ipv4 iifname != ${all} oifname ${links} accept`),
		...rule(open(6), (links) => `meta nfproto ipv6 iifname != ${all} oifname ${links} accept`),
		...publishedRules({ closed, open: names(bridges.filter(({ isInternal }) => !isInternal)) }),
		...rule(names(bridges), (links) => `oifname ${links} drop`),
		...rule(closed, (links) => `iifname ${links} drop`),
	];
}

function rule(elements: readonly string[], text: (set: string) => string): string[] {
	return elements.length === 0 ? [] : [text(setOf(elements))];
}

function setOf(elements: readonly string[]): string {
	return `{ ${elements.join(", ")} }`;
}

function masqueradeRules(bridge: BridgeSettings): string[] {
	if (bridge.isInternal || !bridge.masquerade) return [];
	return bridge.pools.map(({ subnet }) => {
		const source = bridge.source[subnet.family];
		const verdict = source === undefined ? "masquerade" : `snat ${protocol(subnet)} to ${source}`;
		const match = `${protocol(subnet)} saddr ${formatSubnet(subnet)}`;
		return `${match} oifname != ${quoted(bridge.linkName)} ${verdict}`;
	});
}

function protocol({ family }: Subnet): string {
	return family === 4 ? "ip" : "ip6";
}

/** nft strings know no escapes. */
function quoted(text: string): string {
	return `"${text.replaceAll(/["\n\\]/g, "?").slice(0, 120)}"`;
}
