import type { EndpointResource, Network } from "../../api/index.ts";
import { type FilterValues, matchesLabels, parseBoolean } from "../../api/syntax.ts";
import type { Containers } from "../../containers/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { NetworkRecord, Networks } from "../../networks/index.ts";
import type { NetworkBackend } from "../../server/index.ts";

export interface NetworkRooms {
	readonly networks: Networks;
	readonly containers: Containers;
}

/** The networks room as the routes want it. */
export function networkBackend({ networks, containers }: NetworkRooms): NetworkBackend {
	return {
		async list(filters) {
			const matches = networkFilter(networks, filters);
			return networks
				.list()
				.filter(matches)
				.map((network) => ({ ...toNetwork(network), Containers: {} }));
		},
		async inspect(reference, { scope }) {
			if (scope !== "" && scope !== "local")
				throw new EngineError("not_found", `network ${reference} not found in scope ${scope}`);
			const network = networks.get(reference);
			return { ...toNetwork(network), Containers: endpointsOf(network, { networks, containers }) };
		},
	};
}

const known = ["dangling", "driver", "id", "label", "name", "scope", "type"];

function networkFilter(networks: Networks, filters: FilterValues): (network: NetworkRecord) => boolean {
	for (const key of filters.keys()) {
		if (!known.includes(key)) throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
	const some = (key: string, test: (value: string) => boolean) => {
		const values = filters.get(key) ?? [];
		return values.length === 0 || values.some(test);
	};
	for (const type of filters.get("type") ?? []) {
		if (type !== "builtin" && type !== "custom")
			throw new EngineError("invalid_argument", `invalid filter: 'type'='${type}'`);
	}
	const dangling = parseBoolean("dangling", filters.get("dangling"));
	return (network) =>
		some("driver", (value) => driverName(network) === value) &&
		some("id", (value) => network.id.startsWith(value)) &&
		some("name", (value) => network.name.includes(value)) &&
		some("scope", (value) => value === "local") &&
		some("type", (value) => value === "builtin") &&
		matchesLabels(network.labels, filters) &&
		// The three that are always there do not count as dangling.
		(dangling === undefined ||
			dangling === (!isBuiltIn(network) && networks.endpointsOf(network.id).length === 0));
}

function isBuiltIn({ name }: NetworkRecord): boolean {
	return name === "bridge" || name === "host" || name === "none";
}

/** Docker calls the driver behind the network `none` null. */
function driverName({ driver }: NetworkRecord): string {
	return driver === "none" ? "null" : driver;
}

function toNetwork(network: NetworkRecord): Network {
	return {
		Name: network.name,
		Id: network.id,
		Created: network.createdAt,
		Scope: "local",
		Driver: driverName(network),
		EnableIPv4: true,
		EnableIPv6: false,
		IPAM: {
			Driver: "default",
			Config: network.subnets.map(({ subnet, gateway }) => ({ Subnet: subnet, Gateway: gateway })),
		},
		Internal: network.internal,
		Attachable: false,
		Ingress: false,
		ConfigFrom: { Network: "" },
		ConfigOnly: false,
		Options: { ...network.options },
		Labels: { ...network.labels },
	};
}

function endpointsOf(network: NetworkRecord, rooms: NetworkRooms): Record<string, EndpointResource> {
	return Object.fromEntries(
		rooms.networks.endpointsOf(network.id).map((endpoint) => [
			endpoint.containerId,
			{
				Name: rooms.containers.nameOf(endpoint.containerId) ?? "",
				EndpointID: endpoint.id,
				MacAddress: endpoint.macAddress,
				IPv4Address: withPrefix(endpoint.ipv4Address, endpoint.ipv4PrefixLength),
				IPv6Address: withPrefix(endpoint.ipv6Address, endpoint.ipv6PrefixLength),
			},
		]),
	);
}

function withPrefix(address: string, length: number): string {
	return address === "" ? "" : `${address}/${length}`;
}
