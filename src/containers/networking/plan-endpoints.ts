import type { EndpointSettings } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Networks } from "../../networks/index.ts";
import { checkEndpoint } from "./check-endpoint.ts";

/**
 * The endpoints of a new container by network name, from its network mode and the request's `EndpointsConfig`.
 * Errors: `not_found` for an unknown network; `invalid_argument`, with Docker's texts where it has one, for what a
 * network does not do.
 */
export function planEndpoints(
	networks: Pick<Networks, "get">,
	options: { readonly mode: string; readonly requested: Readonly<Record<string, EndpointSettings>> },
): Record<string, EndpointSettings> {
	const { mode } = options;
	const requested = Object.entries(options.requested);
	if (mode.startsWith("container:")) {
		if (requested.length > 0) throw sharingError();
		return {};
	}
	const first = networks.get(mode);
	const endpoints: Record<string, EndpointSettings> = { [first.name]: {} };
	for (const [reference, settings] of requested) {
		const network = networks.get(reference === "default" ? "bridge" : reference);
		if (network.name !== first.name) checkTogether(first.driver, network.driver);
		checkEndpoint(network, settings);
		endpoints[network.name] = requestedPart(settings);
	}
	return endpoints;
}

/** The networks `host` and `none` stand alone. Errors: `invalid_argument`, in Docker's words. */
export function checkTogether(...drivers: readonly string[]): void {
	if (drivers.includes("host")) throw hostError();
	if (drivers.includes("none")) {
		throw new EngineError(
			"invalid_argument",
			"container cannot be connected to multiple networks with one of the networks in private (none) mode",
		);
	}
}

export function hostError(): EngineError {
	return new EngineError(
		"invalid_argument",
		"container cannot be disconnected from host network or connected to host network",
	);
}

export function sharingError(): EngineError {
	return new EngineError(
		"invalid_argument",
		"container sharing network namespace with another container or host cannot be connected to any other network",
	);
}

/** Clients send back whole settings, with what an endpoint got: that is no request. */
export function requestedPart(settings: EndpointSettings): EndpointSettings {
	const { IPAMConfig, Links, Aliases, MacAddress, DriverOpts, GwPriority } = settings;
	return {
		...(IPAMConfig ? { IPAMConfig } : {}),
		...(Links?.length ? { Links } : {}),
		...(Aliases?.length ? { Aliases } : {}),
		...(MacAddress ? { MacAddress } : {}),
		...(DriverOpts && Object.keys(DriverOpts).length > 0 ? { DriverOpts } : {}),
		...(GwPriority ? { GwPriority } : {}),
	};
}
