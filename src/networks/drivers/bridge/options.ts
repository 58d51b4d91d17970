import { EngineError } from "../../../lib/index.ts";
import { type AddressFamily, parseAddress } from "../../ipam/address.ts";
import type { PublishMode } from "../../ports/contract.ts";
import { parseBool, parseInterfacePrefix, parseMtu, refuseUnknown } from "../options.ts";

/** Docker's names for the options of a bridge network. */
export const bridgeOptions = {
	name: "com.docker.network.bridge.name",
	isDefault: "com.docker.network.bridge.default_bridge",
	interContainer: "com.docker.network.bridge.enable_icc",
	masquerade: "com.docker.network.bridge.enable_ip_masquerade",
	hostBinding: "com.docker.network.bridge.host_binding_ipv4",
	inhibitIpv4: "com.docker.network.bridge.inhibit_ipv4",
	gatewayModeIpv4: "com.docker.network.bridge.gateway_mode_ipv4",
	gatewayModeIpv6: "com.docker.network.bridge.gateway_mode_ipv6",
	sourceIpv4: "com.docker.network.host_ipv4",
	sourceIpv6: "com.docker.network.host_ipv6",
	interfacePrefix: "com.docker.network.container_iface_prefix",
	mtu: "com.docker.network.driver.mtu",
	publish: "hull.publish",
} as const;

/**
 * What stands between a network's addresses and the world outside. `nat`: connections go out under the host's address,
 * none comes in. `nat-unprotected`: who has a route to the containers may open connections to them. `isolated`: the
 * bridge has no address, so that not even the host is reached.
 */
export type GatewayMode = "nat" | "nat-unprotected" | "isolated";

export interface BridgeOptions {
	readonly linkName: string | undefined;
	readonly mtu: number | undefined;
	/** Whether its containers reach each other. */
	readonly interContainer: boolean;
	readonly masquerade: boolean;
	readonly inhibitIpv4: boolean;
	readonly gatewayMode: Readonly<Record<AddressFamily, GatewayMode>>;
	/** The address that what leaves has, when it is not to be that of the link. */
	readonly source: Readonly<Record<AddressFamily, string | undefined>>;
	readonly interfacePrefix: string;
	/** Who carries what comes to published ports; `undefined` leaves it to the engine's setting. */
	readonly publish: PublishMode | undefined;
}

/** Reads the options. Errors, with Docker's texts: `invalid_argument`; `not_implemented` for what is Docker's alone. */
export function parseBridgeOptions(
	options: Readonly<Record<string, string>>,
	isInternal: boolean,
): BridgeOptions {
	refuseUnknown(options, Object.values(bridgeOptions));
	checkHostBinding(options[bridgeOptions.hostBinding]);
	const bool = (name: string, otherwise: boolean) => parseBool(name, options[name], otherwise);
	const mode = (name: string) => parseGatewayMode(name, options[name], isInternal);
	return {
		linkName: parseLinkName(options[bridgeOptions.name]),
		mtu: parseMtu(bridgeOptions.mtu, options[bridgeOptions.mtu]),
		interContainer: bool(bridgeOptions.interContainer, true),
		masquerade: bool(bridgeOptions.masquerade, true),
		inhibitIpv4: bool(bridgeOptions.inhibitIpv4, false),
		gatewayMode: { 4: mode(bridgeOptions.gatewayModeIpv4), 6: mode(bridgeOptions.gatewayModeIpv6) },
		source: {
			4: parseSource(bridgeOptions.sourceIpv4, options[bridgeOptions.sourceIpv4], 4),
			6: parseSource(bridgeOptions.sourceIpv6, options[bridgeOptions.sourceIpv6], 6),
		},
		interfacePrefix: parseInterfacePrefix(
			bridgeOptions.interfacePrefix,
			options[bridgeOptions.interfacePrefix],
		),
		publish: parsePublish(options[bridgeOptions.publish]),
	};
}

/** The kernel takes more; but these need no care in rules, files and messages. */
function parseLinkName(value: string | undefined): string | undefined {
	if (value === undefined || value === "") return undefined;
	if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(value)) return value;
	throw new EngineError(
		"invalid_argument",
		`invalid bridge name ${JSON.stringify(value)}: 1 to 15 letters, digits, '_', '.' and '-' are allowed`,
	);
}

function parseGatewayMode(name: string, value: string | undefined, isInternal: boolean): GatewayMode {
	if (value === undefined || value === "" || value === "nat") return "nat";
	if (value === "isolated") {
		if (isInternal) return value;
		throw new EngineError(
			"invalid_argument",
			"gateway mode 'isolated' can only be used for an internal network",
		);
	}
	if (value === "routed")
		throw new EngineError("not_implemented", `${name}: gateway mode 'routed' is not supported`);
	if (value !== "nat-unprotected") throw new EngineError("invalid_argument", `unknown gateway mode ${value}`);
	return value;
}

function parseSource(name: string, value: string | undefined, family: AddressFamily): string | undefined {
	if (value === undefined || value === "") return undefined;
	if (parseAddress(value)?.family === family) return value;
	throw new EngineError("invalid_argument", `failed to parse ${name} value: ${value} (nil ip)`);
}

function parsePublish(value: string | undefined): PublishMode | undefined {
	if (value === undefined || value === "user" || value === "nat") return value;
	throw new EngineError(
		"invalid_argument",
		`invalid ${bridgeOptions.publish} value: ${value}: user or nat is meant`,
	);
}

function checkHostBinding(value: string | undefined): void {
	parseSource(bridgeOptions.hostBinding, value, 4);
}
