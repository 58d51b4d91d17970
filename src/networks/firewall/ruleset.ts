import type { BridgeSettings } from "../drivers/bridge/settings.ts";
import { formatIpv4Subnet } from "../ipam/ipv4.ts";

/**
 * The whole firewall of an engine as one nftables script, applied in one transaction (`nft -f`): what was in the table
 * goes, and there is no moment without rules. See nft(8).
 *
 * - Containers may open connections to anywhere, answers come back, nothing from outside opens one to them: forwarding
 *   makes this host a router, and its neighbours could otherwise reach every port of every container.
 * - What leaves a bridge's subnet through another link takes the host's address.
 */
export function ruleset(tableName: string, comment: string, bridges: readonly BridgeSettings[]): string {
	const lines = [
		...emptyTable(tableName),
		`table inet ${tableName} {`,
		`\tcomment ${quoted(comment)}`,
		"\tchain forward {",
		"\t\ttype filter hook forward priority filter; policy accept;",
		...bridges.map((bridge) => `\t\t${forwardRule(bridge)}`),
		"\t}",
		"\tchain postrouting {",
		"\t\ttype nat hook postrouting priority srcnat; policy accept;",
		...bridges.map((bridge) => `\t\t${masqueradeRule(bridge)}`),
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

function forwardRule({ linkName }: BridgeSettings): string {
	const link = quoted(linkName);
	return `iifname != ${link} oifname ${link} ct state != { established, related } drop`;
}

function masqueradeRule({ linkName, subnet }: BridgeSettings): string {
	return `ip saddr ${formatIpv4Subnet(subnet)} oifname != ${quoted(linkName)} masquerade`;
}

/** nft strings know no escapes. */
function quoted(text: string): string {
	return `"${text.replaceAll(/["\n\\]/g, "?").slice(0, 120)}"`;
}
