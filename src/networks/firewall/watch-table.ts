import { decodeAttributes, decodeText, type ReceivedMessage, watchKernel } from "../../sys/index.ts";

const NFNL_SUBSYS_NFTABLES = 10;
/** Of `linux/netfilter/nf_tables.h`: a table, a chain, a rule or a set that is gone. Elements of sets come and go. */
const deletions = [2, 5, 8, 11];
/** Of each of these messages the first attribute is the name of the table. */
const NFTA_TABLE = 1;
const NFGENMSG_BYTES = 4;

/**
 * Tells when something of these tables is gone that no process of ours deleted: `nft flush ruleset` and its like are part of
 * many hosts' set-up. The kernel names the socket that asked for each change, which for nft is its process's id.
 */
export function watchTable(options: {
	readonly tableNames: readonly string[];
	readonly isOwn: (pid: number) => boolean;
	readonly lost: () => void;
}): Disposable {
	const isLoss = (message: ReceivedMessage) =>
		message.type >> 8 === NFNL_SUBSYS_NFTABLES &&
		deletions.includes(message.type & 255) &&
		!options.isOwn(message.portId) &&
		options.tableNames.includes(tableOf(message));
	return watchKernel("firewall", (news) => {
		if (news === "lost" || news.some(isLoss)) options.lost();
	});
}

function tableOf({ payload }: ReceivedMessage): string {
	const name = decodeAttributes(payload.subarray(NFGENMSG_BYTES)).get(NFTA_TABLE);
	return name === undefined ? "" : decodeText(name);
}
