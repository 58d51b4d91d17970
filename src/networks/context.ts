import type { Logger } from "../lib/index.ts";
import type { NetworkRecord } from "./contract.ts";
import type { EndpointTable } from "./endpoint-table.ts";
import type { NetworkIdentity } from "./identity.ts";
import type { LinkRemoval } from "./link-removal.ts";
import type { NetworkTable } from "./network-table.ts";

/** What the operations of this room share. */
export interface NetworksContext {
	readonly dataRoot: string;
	readonly identity: NetworkIdentity;
	readonly networks: NetworkTable;
	readonly endpoints: EndpointTable;
	readonly removal: LinkRemoval;
	readonly log: Logger;
	readonly announce: (action: "connect" | "disconnect", network: NetworkRecord, containerId: string) => void;
	/** Called between two steps of an operation, for tests that kill there. */
	readonly reached: (step: Step) => void;
}

export type Step =
	| "restore: bridge network persisted"
	| "restore: bridge made"
	| "restore: rules applied"
	| "connect: endpoint persisted"
	| "connect: link made"
	| "connect: link configured"
	| "disconnect: link out of service"
	| "disconnect: endpoint deleted";
