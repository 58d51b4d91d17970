import { runCommand } from "../../sys/index.ts";
import type { PresentEgress } from "./ruleset.ts";

/** Reads which chains and sets a table of the family `inet` has; `undefined` when there is no such table. */
export async function presentEgress(tableName: string): Promise<PresentEgress | undefined> {
	const result = await runCommand(["nft", "-j", "-t", "list", "table", "inet", tableName]);
	if (result === undefined || result.exitCode !== 0) return undefined;
	return parsePresent(result.stdout);
}

interface Named {
	readonly name: string;
}

/** Of nft's answer in JSON (libnftables-json(5)). */
export function parsePresent(answer: string): PresentEgress {
	const { nftables = [] } = JSON.parse(answer) as { nftables?: { chain?: Named; set?: Named }[] };
	const names = (kind: "chain" | "set") =>
		nftables.map((entry) => entry[kind]?.name).filter((name) => name !== undefined);
	return { chains: names("chain"), sets: names("set") };
}
