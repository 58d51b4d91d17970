import type { Logger } from "../lib/index.ts";
import type { EgressEnforcement } from "./egress/enforcement.ts";
import type { EndpointTable } from "./endpoint-table.ts";
import type { Firewall } from "./firewall/firewall.ts";
import type { NetworkIdentity } from "./identity.ts";
import type { LinkRemoval } from "./link-removal.ts";
import type { NameServer } from "./names/contract.ts";
import type { NetworkTable } from "./network-table.ts";

/** What the operations of this room share. */
export interface NetworksContext {
	readonly identity: NetworkIdentity;
	readonly networks: NetworkTable;
	readonly endpoints: EndpointTable;
	readonly removal: LinkRemoval;
	readonly firewall: Firewall;
	readonly egress: EgressEnforcement;
	readonly names: NameServer;
	readonly log: Logger;
}
