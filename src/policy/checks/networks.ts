import type { EndpointSettings, NetworkCreateRequest } from "../../api/index.ts";
import type { SocketPolicy } from "../contract.ts";
import { quoted } from "../denial.ts";
import { checkFields, type FieldChecks, free, never, unless } from "./fields.ts";
import { labelObjection } from "./labels.ts";
import { checkName } from "./mounts.ts";

const networkOptions = ["com.docker.network.driver.mtu", "com.docker.network.bridge.enable_icc"];

const networkChecks: FieldChecks<NetworkCreateRequest> = {
	Name: free,
	Driver: unless("network-driver", (driver) =>
		driver === "" || driver === "bridge" ? undefined : `${quoted(driver)}: only bridge networks are made`,
	),
	Scope: free,
	Internal: free,
	Attachable: free,
	Ingress: free,
	ConfigOnly: never("network-driver", "configurations are not made"),
	ConfigFrom: never("network-driver", "configurations of others are not taken"),
	// A subnet of one's choice takes traffic of the host's that was meant for somebody else.
	IPAM: unless("subnets", ({ Driver = "", Config = [], Options = {} }) => {
		if (Driver !== "" && Driver !== "default") return `the driver ${quoted(Driver)} is not allowed`;
		if (Object.keys(Options).length > 0) return "options are not allowed";
		return Config.some((pool) => Object.values(pool).some((value) => value !== "" && value !== undefined))
			? "addresses are the engine's choice"
			: undefined;
	}),
	EnableIPv4: free,
	EnableIPv6: free,
	Options: unless("network-driver", (options) => {
		const odd = Object.keys(options).find((name) => !networkOptions.includes(name));
		return odd === undefined ? undefined : `the option ${quoted(odd)} is not allowed`;
	}),
	Labels: unless("labels", labelObjection),
};

/** `forbidden` with the rule and the field. */
export function checkNetwork(policy: SocketPolicy, request: NetworkCreateRequest): void {
	checkFields(policy, request, networkChecks);
	checkName(policy, "network", request.Name ?? "");
}

const endpointChecks: FieldChecks<EndpointSettings> = {
	IPAMConfig: free,
	Links: free,
	MacAddress: free,
	Aliases: free,
	DriverOpts: never("network-driver", "options of endpoints are not allowed"),
	GwPriority: free,
	NetworkID: free,
	EndpointID: free,
	Gateway: free,
	IPAddress: free,
	IPPrefixLen: free,
	IPv6Gateway: free,
	GlobalIPv6Address: free,
	GlobalIPv6PrefixLen: free,
	DNSNames: free,
};

export function checkEndpoint(policy: SocketPolicy, settings: EndpointSettings): void {
	checkFields(policy, settings, endpointChecks);
}
