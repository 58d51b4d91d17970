import type { NetworksContext } from "./context.ts";
import type { Endpoint, TapCard, TapPlug } from "./contract.ts";
import { defaultGateways } from "./default-route.ts";
import { bridgeSettings } from "./drivers/bridge/settings.ts";
import { linkLocalPrefix } from "./drivers/configure-inside.ts";
import { formatAddress } from "./ipam/address.ts";

/** Tells a machine what the interface of an endpoint's card is to be: addresses, and the default routes that are its. */
export async function configureCard(
	context: NetworksContext,
	endpoint: Endpoint,
	plug: TapPlug,
): Promise<void> {
	const network = context.networks.get(endpoint.networkId);
	if (network?.driver !== "bridge") return;
	const { ipv4Address, ipv4PrefixLength, ipv6Address, ipv6PrefixLength } = endpoint;
	await plug.configure(cardOf(endpoint), {
		macAddress: endpoint.macAddress,
		mtu: bridgeSettings(network).mtu,
		addresses: [
			...(ipv4Address === "" ? [] : [`${ipv4Address}/${ipv4PrefixLength}`]),
			...(ipv6Address === "" ? [] : [`${ipv6Address}/${ipv6PrefixLength}`]),
			...endpoint.linkLocalAddresses.map((address) => `${address}/${linkLocalPrefix(address)}`),
		],
		gateways: defaultGateways(context, endpoint).map(formatAddress),
	});
}

/** The card of an endpoint that is plugged into a machine. */
export function cardOf({ hostInterface, interfaceName }: Endpoint): TapCard {
	return { linkName: hostInterface, interfaceName };
}
