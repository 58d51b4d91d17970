import type { ContainerCreateRequest } from "../../../../api/index.ts";
import type { CreateInput } from "./input.ts";
import type { NetworkOption } from "./network-option.ts";

type Values = CreateInput["flags"];
type Endpoint = NonNullable<
	NonNullable<ContainerCreateRequest["NetworkingConfig"]>["EndpointsConfig"]
>[string];

/** `--network` and the flags that belong to the first network. */
export function networking(flags: Values): {
	hostConfig: { NetworkMode?: string };
	networkingConfig: ContainerCreateRequest["NetworkingConfig"];
} {
	const options = withFirstNetworkFlags(flags);
	const [first] = options;
	const several = options.length > 1;
	if (several && options.some(({ target }) => !isUserDefined(target)))
		throw new Error(
			"conflicting options: cannot attach both user-defined and non-user-defined network-modes",
		);
	const endpoints: Record<string, Endpoint> = {};
	for (const option of options) {
		if (Object.hasOwn(endpoints, option.target))
			throw new Error(`network "${option.target}" is specified multiple times`);
		const endpoint = endpointOf(option, isUserDefined(option.target) ? flags.link : []);
		// Namespaces of others take no settings; the engine says so when there are some.
		if (isUserDefined(option.target) || Object.keys(endpoint).length > 0) endpoints[option.target] = endpoint;
	}
	return {
		hostConfig: flags.network.length === 0 ? {} : { NetworkMode: first!.target },
		networkingConfig: Object.keys(endpoints).length === 0 ? undefined : { EndpointsConfig: endpoints },
	};
}

function withFirstNetworkFlags(flags: Values): NetworkOption[] {
	const macAddress = flags["mac-address"];
	if (macAddress !== undefined && !/^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(macAddress))
		throw new Error(`${macAddress} is not a valid mac address`);
	const [first = defaultNetwork, ...others] = flags.network;
	const aliases = flags["network-alias"];
	if (aliases.length > 0 && !isUserDefined(first.target))
		throw new Error("network-scoped aliases are only supported for user-defined networks");
	conflict(aliases.length > 0 && first.aliases.length > 0, "--network-alias", "alias");
	conflict(flags.ip !== undefined && first.ip !== undefined, "--ip", "IPv4 address");
	conflict(flags.ip6 !== undefined && first.ip6 !== undefined, "--ip6", "IPv6 address");
	conflict(macAddress !== undefined && first.macAddress !== undefined, "--mac-address", "MAC address");
	const combined: NetworkOption = {
		...first,
		aliases: [...first.aliases, ...aliases],
		ip: first.ip ?? flags.ip,
		ip6: first.ip6 ?? flags.ip6,
		linkLocalIps: [...first.linkLocalIps, ...flags["link-local-ip"]],
		macAddress: first.macAddress ?? macAddress,
	};
	return [combined, ...others];
}

const defaultNetwork: NetworkOption = { target: "default", aliases: [], linkLocalIps: [], driverOptions: {} };

function conflict(both: boolean, flag: string, setting: string): void {
	if (both) throw new Error(`conflicting options: cannot specify both ${flag} and per-network ${setting}`);
}

const ownModes = ["default", "bridge", "host", "none"];

function isUserDefined(target: string): boolean {
	return !ownModes.includes(target) && !target.startsWith("container:");
}

function endpointOf(option: NetworkOption, links: readonly string[]): Endpoint {
	const endpoint: Endpoint = {};
	if (option.aliases.length > 0) endpoint.Aliases = [...option.aliases];
	if (links.length > 0) endpoint.Links = [...links];
	if (option.macAddress !== undefined) endpoint.MacAddress = option.macAddress;
	if (option.gatewayPriority !== undefined) endpoint.GwPriority = option.gatewayPriority;
	if (Object.keys(option.driverOptions).length > 0) endpoint.DriverOpts = { ...option.driverOptions };
	const addresses = {
		...(option.ip === undefined ? {} : { IPv4Address: option.ip }),
		...(option.ip6 === undefined ? {} : { IPv6Address: option.ip6 }),
		...(option.linkLocalIps.length === 0 ? {} : { LinkLocalIPs: [...option.linkLocalIps] }),
	};
	if (Object.keys(addresses).length > 0) endpoint.IPAMConfig = addresses;
	return endpoint;
}
