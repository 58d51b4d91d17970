import { randomBytes } from "node:crypto";
import { failpoint } from "../lib/index.ts";
import { openRouteSocket } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";
import type { NetworkRecord } from "./contract.ts";
import { ensureBridge } from "./drivers/bridge/ensure-bridge.ts";
import { bridgeOptions } from "./drivers/bridge/options.ts";
import { bridgeSettings } from "./drivers/bridge/settings.ts";
import { chooseSubnet, defaultSubnets } from "./ipam/choose-subnet.ts";
import { hostSubnets } from "./ipam/host-subnets.ts";
import { lockSubnets } from "./ipam/lock-subnets.ts";
import { planPool } from "./ipam/plan-pool.ts";
import { poolsOf } from "./ipam/pool.ts";
import { formatSubnet, type Subnet } from "./ipam/subnet.ts";
import { hostNameservers } from "./resolv-conf.ts";
import { uplinkMtu } from "./uplink-mtu.ts";

/** Makes the records of `host`, `none` and `bridge`, and the bridge itself, as far as they are missing. */
export async function ensureDefaultNetworks(context: NetworksContext): Promise<NetworkRecord> {
	for (const name of ["host", "none"] as const) {
		if (context.networks.find(name) === undefined)
			context.networks.put({ ...emptyRecord(), name, driver: name });
	}
	const known = context.networks.find("bridge");
	if (known === undefined) return makeBridgeNetwork(context);
	await ensureBridge(bridgeSettings(known));
	failpoint("networks.restore.after-bridge");
	return known;
}

/** A subnet is in use for others from the moment when the bridge has its address, so until then no other may choose. */
async function makeBridgeNetwork(context: NetworksContext): Promise<NetworkRecord> {
	using _ = await lockSubnets();
	const network = bridgeRecord(context);
	context.networks.put(network);
	failpoint("networks.restore.after-persist");
	await ensureBridge(bridgeSettings(network));
	failpoint("networks.restore.after-bridge");
	return network;
}

function bridgeRecord({ identity, networks }: NetworksContext): NetworkRecord {
	using route = openRouteSocket();
	const nameservers = hostNameservers();
	const inUse: Subnet[] = [
		...hostSubnets(route, { except: identity.bridgeName, nameservers }),
		...networks
			.all()
			.flatMap(poolsOf)
			.map((pool) => pool.subnet),
	];
	return {
		...emptyRecord(),
		name: "bridge",
		driver: "bridge",
		options: {
			[bridgeOptions.isDefault]: "true",
			[bridgeOptions.interContainer]: "true",
			[bridgeOptions.masquerade]: "true",
			[bridgeOptions.name]: identity.bridgeName,
			[bridgeOptions.mtu]: String(uplinkMtu(route)),
		},
		subnets: [planPool({ subnet: formatSubnet(chooseSubnet(4, defaultSubnets(), inUse)) })],
	};
}

function emptyRecord() {
	return {
		id: randomBytes(32).toString("hex"),
		createdAt: new Date().toISOString(),
		state: "ready" as const,
		internal: false,
		attachable: false,
		enableIpv4: true,
		enableIpv6: false,
		labels: {},
		options: {},
		ipamOptions: {},
		subnets: [],
	};
}
