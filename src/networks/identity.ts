import { createHash } from "node:crypto";

const DEFAULT_DATA_ROOT = "/var/lib/hull";

/** What an engine calls its things in the kernel. */
export interface NetworkIdentity {
	readonly bridgeName: string;
	/** nftables table of family `inet`. */
	readonly tableName: string;
	/** nftables tables of the families `inet` and `bridge`, for egress policies. */
	readonly egressTable: string;
	/** Netlink group in which the kernel tells what those deny. */
	readonly logGroup: number;
}

/** Names derived from the data root, so that engines with roots of their own stay out of each other's way. */
export function networkIdentity(dataRoot: string): NetworkIdentity {
	const hash = createHash("sha256").update(dataRoot).digest("hex").slice(0, 6);
	const isDefault = dataRoot === DEFAULT_DATA_ROOT;
	const tableName = isDefault ? "hull" : `hull_${hash}`;
	return {
		bridgeName: isDefault ? "hull0" : `hull-${hash}`,
		tableName,
		egressTable: `${tableName}_egress`,
		// Low numbers are other programs' (ulogd begins with 0).
		logGroup: 1024 + (Number.parseInt(hash, 16) % 60_000),
	};
}
