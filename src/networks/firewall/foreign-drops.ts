import { readFileSync } from "node:fs";
import { errnoOf, type Logger } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";

/**
 * Says when somebody else's firewall drops forwarded packets by default. An accept in our table cannot overrule it:
 * in nftables a packet must pass every table. Docker's daemon sets such a policy, as do many hosts' own rules.
 */
export async function reportForeignDrops(log: Logger, bridgeName: string): Promise<void> {
	const drops = [...(await nftablesDrops()), ...(await legacyDrops())];
	for (const chain of drops) {
		log.warn("another firewall drops forwarded packets by default, containers may not reach outside", {
			chain,
			remedy: remedy(chain, bridgeName),
		});
	}
}

function remedy(chain: string, bridgeName: string): string {
	if (!/^ip6? filter FORWARD|^iptables-legacy/.test(chain))
		return `accept packets from and to ${bridgeName} in that chain`;
	const command = chain.startsWith("iptables-legacy") ? "iptables-legacy" : "iptables";
	return (
		`${command} -I FORWARD -i ${bridgeName} -j ACCEPT; ` +
		`${command} -I FORWARD -o ${bridgeName} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`
	);
}

interface NftChain {
	readonly family: string;
	readonly table: string;
	readonly name: string;
	readonly hook?: string;
	readonly policy?: string;
}

/** Chains as `family table name`. */
async function nftablesDrops(): Promise<string[]> {
	const result = await runCommand(["nft", "-j", "list", "chains"]);
	if (result === undefined || result.exitCode !== 0) return [];
	return forwardDrops(result.stdout);
}

/** Base chains of the forward hook whose policy is drop, out of the answer of `nft -j list chains`. */
export function forwardDrops(answer: string): string[] {
	const { nftables } = JSON.parse(answer) as { nftables?: { chain?: NftChain }[] };
	return (nftables ?? [])
		.map(({ chain }) => chain)
		.filter((chain) => chain?.hook === "forward" && chain.policy === "drop")
		.filter((chain) => ["ip", "inet"].includes(chain!.family))
		.map((chain) => `${chain!.family} ${chain!.table} ${chain!.name}`);
}

/** The older iptables has tables of its own, which nft does not show. Asking would make them where there are none. */
async function legacyDrops(): Promise<string[]> {
	if (!legacyTables().includes("filter")) return [];
	const result = await runCommand(["iptables-legacy", "-S", "FORWARD"]);
	return result?.stdout.startsWith("-P FORWARD DROP") ? ["iptables-legacy FORWARD"] : [];
}

function legacyTables(): string[] {
	try {
		return readFileSync("/proc/net/ip_tables_names", "utf8").split("\n");
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return [];
		throw error;
	}
}
