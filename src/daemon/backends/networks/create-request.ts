import { egressAnnotation, type NetworkCreateRequest } from "../../../api/index.ts";
import { EngineError } from "../../../lib/index.ts";
import type { CreateNetworkRequest, NetworkDriver } from "../../../networks/index.ts";

/**
 * What a request of the Engine API (NetworkCreate) asks the networks' room for. Errors, with Docker's texts:
 * `forbidden` for what only a swarm has and for a second `host` or `none`, `not_found` for unknown drivers.
 */
export function createNetworkRequest(request: NetworkCreateRequest): CreateNetworkRequest {
	refuseUnserved(request);
	const { IPAM: ipam = {}, Labels: labels = {} } = request;
	const { [egressAnnotation]: egress = labels[egressAnnotation], ...options } = request.Options ?? {};
	return {
		name: request.Name ?? "",
		driver: driverOf(request.Driver || "bridge"),
		internal: request.Internal ?? false,
		attachable: request.Attachable ?? false,
		enableIpv4: request.EnableIPv4 ?? true,
		enableIpv6: request.EnableIPv6 ?? false,
		labels,
		options,
		...(egress === undefined ? {} : { egress }),
		ipamOptions: ipam.Options ?? {},
		pools: (ipam.Config ?? []).map(({ Subnet, Gateway, IPRange, AuxiliaryAddresses }) => ({
			...(Subnet ? { subnet: Subnet } : {}),
			...(Gateway ? { gateway: Gateway } : {}),
			...(IPRange ? { ipRange: IPRange } : {}),
			...(AuxiliaryAddresses ? { auxiliaryAddresses: AuxiliaryAddresses } : {}),
		})),
	};
}

function refuseUnserved(request: NetworkCreateRequest): void {
	if (request.Ingress) throw forbidden("Ingress network can only be global scope network");
	if (request.Scope && request.Scope !== "local")
		throw forbidden(`cannot create a ${request.Scope} scoped network when swarm is not active`);
	if (request.ConfigOnly || request.ConfigFrom?.Network)
		throw new EngineError(
			"not_implemented",
			"config-only networks (ConfigOnly, ConfigFrom) are not supported: give the settings to each network",
		);
	const ipamDriver = request.IPAM?.Driver || "default";
	if (ipamDriver !== "default") throw pluginNotFound(ipamDriver);
}

function driverOf(name: string): NetworkDriver {
	switch (name) {
		case "bridge":
		case "macvlan":
		case "ipvlan":
			return name;
		case "host":
		case "null":
			throw forbidden(`only one instance of "${name}" network is allowed`);
		case "overlay":
			throw new EngineError(
				"unavailable",
				'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
			);
		default:
			throw pluginNotFound(name);
	}
}

function pluginNotFound(name: string): EngineError {
	return new EngineError("not_found", `plugin "${name}" not found`);
}

function forbidden(message: string): EngineError {
	return new EngineError("forbidden", message);
}
