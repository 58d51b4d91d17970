import type { Containers } from "../../containers/index.ts";
import type { Events } from "../../events/index.ts";
import type { NetworkDenial, Networks } from "../../networks/index.ts";
import type { EgressBackend } from "../../server/index.ts";

/** Egress policies as the routes want them. */
export function egressBackend(rooms: {
	readonly networks: Networks;
	readonly containers: Containers;
	readonly events: Events;
}): EgressBackend {
	const { networks, containers, events } = rooms;
	return {
		changeContainerEgress: containers.changeEgress,
		async changeNetworkEgress(reference, policy) {
			const { id, name, driver } = await networks.setNetworkEgress(reference, policy.trim());
			events.publish("network", "update", id, { name, type: driver });
		},
	};
}

/** The event of what a policy denied. Attributes that have no value are left out. */
export function publishDenial(
	events: Events,
	denial: NetworkDenial,
	containerName: string | undefined,
): void {
	const attributes = {
		name: denial.networkName,
		container: denial.containerId,
		containerName,
		dnsName: denial.name,
		queryType: denial.queryType,
		address: denial.address,
		protocol: denial.protocol,
		port: denial.port === undefined ? undefined : String(denial.port),
		suppressed: denial.suppressed === 0 ? undefined : String(denial.suppressed),
	};
	events.publish("network", "deny", denial.networkId, withoutGaps(attributes));
}

function withoutGaps(attributes: Readonly<Record<string, string | undefined>>): Record<string, string> {
	const entries = Object.entries(attributes).filter(
		(entry): entry is [string, string] => entry[1] !== undefined,
	);
	return Object.fromEntries(entries);
}
