import { createHash } from "node:crypto";

const DEFAULT_DATA_ROOT = "/var/lib/hull";

/** What an engine calls its things in the kernel. */
export interface NetworkIdentity {
	readonly bridgeName: string;
	/** nftables table of family `inet`. */
	readonly tableName: string;
}

/** Names derived from the data root, so that engines with roots of their own stay out of each other's way. */
export function networkIdentity(dataRoot: string): NetworkIdentity {
	if (dataRoot === DEFAULT_DATA_ROOT) return { bridgeName: "hull0", tableName: "hull" };
	const hash = createHash("sha256").update(dataRoot).digest("hex").slice(0, 6);
	return { bridgeName: `hull-${hash}`, tableName: `hull_${hash}` };
}
