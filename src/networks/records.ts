import type { Endpoint, NetworkRecord } from "./contract.ts";
import { bridgeSettings } from "./drivers/bridge/settings.ts";
import { macvlanSettings } from "./drivers/macvlan/settings.ts";
import { parseEgress } from "./egress/policy.ts";
import { poolsOf } from "./ipam/pool.ts";

const endpointTexts = [
	"id",
	"networkId",
	"networkName",
	"containerId",
	"macAddress",
	"ipv4Address",
	"ipv4Gateway",
	"ipv6Address",
	"ipv6Gateway",
	"hostInterface",
] as const;

/** Checks a document of the `endpoints` table; throws what is wrong with it. */
export function parseEndpoint(value: unknown): Endpoint {
	const fields = asObject(value);
	for (const name of endpointTexts) checkType(fields, name, "string");
	for (const name of ["ipv4PrefixLength", "ipv6PrefixLength"]) checkType(fields, name, "number");
	const whole: typeof newerEndpointFields & { readonly translated?: unknown } = {
		...newerEndpointFields,
		...fields,
	};
	checkType(whole, "interfaceName", "string");
	checkType(whole, "gatewayPriority", "number");
	checkPolicy(whole);
	if (whole.translated !== undefined) checkType(whole, "translated", "boolean");
	checkTexts(whole.linkLocalAddresses);
	checkTexts(whole.names);
	return whole as unknown as Endpoint;
}

/** Checks a document of the `networks` table; throws what is wrong with it. */
export function parseNetwork(value: unknown): NetworkRecord {
	const fields = asObject(value);
	for (const name of ["id", "name", "createdAt"]) checkType(fields, name, "string");
	const whole: Record<string, unknown> = { ...newerNetworkFields, ...fields };
	for (const name of ["internal", "attachable", "enableIpv4", "enableIpv6"])
		checkType(whole, name, "boolean");
	checkOneOf(whole, "driver", ["bridge", "host", "none", "macvlan", "ipvlan"]);
	checkOneOf(whole, "state", ["creating", "ready", "removing"]);
	for (const name of ["labels", "options", "ipamOptions"])
		Object.values(asObject(whole[name])).forEach(checkText);
	if (!Array.isArray(whole["subnets"])) throw new Error("subnets is no list");
	whole["subnets"].forEach(checkSubnet);
	if (whole["egress"] !== undefined) checkPolicy(whole);
	if (whole["mtu"] !== undefined) checkType(whole, "mtu", "number");
	if (whole["adoptsLink"] !== undefined) checkType(whole, "adoptsLink", "boolean");
	const network = whole as unknown as NetworkRecord;
	if (network.driver === "bridge") bridgeSettings(network);
	if (network.driver === "macvlan") macvlanSettings(network);
	poolsOf(network);
	return network;
}

/** What records of earlier versions do not say. */
const newerEndpointFields = {
	interfaceName: "eth0",
	linkLocalAddresses: [] as unknown,
	names: [] as unknown,
	gatewayPriority: 0,
	egress: "",
};
const newerNetworkFields = {
	state: "ready",
	attachable: false,
	enableIpv4: true,
	enableIpv6: false,
	ipamOptions: {},
};

function checkPolicy(fields: Record<string, unknown>): void {
	checkType(fields, "egress", "string");
	parseEgress(fields["egress"] as string);
}

function checkSubnet(value: unknown): void {
	const fields = asObject(value);
	for (const name of ["subnet", "gateway"]) checkType(fields, name, "string");
	if (fields["ipRange"] !== undefined) checkType(fields, "ipRange", "string");
	Object.values(asObject(fields["auxiliaryAddresses"] ?? {})).forEach(checkText);
}

function checkOneOf(fields: Record<string, unknown>, name: string, values: readonly string[]): void {
	if (!values.includes(fields[name] as string)) throw new Error(`${name} is ${JSON.stringify(fields[name])}`);
}

function checkTexts(value: unknown): void {
	if (!Array.isArray(value)) throw new Error(`a list was expected, not ${JSON.stringify(value)}`);
	value.forEach(checkText);
}

function asObject(value: unknown): Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new Error(`an object was expected, not ${JSON.stringify(value)}`);
	return value as Record<string, unknown>;
}

function checkType(fields: Record<string, unknown>, name: string, type: string): void {
	if (typeof fields[name] !== type) throw new Error(`${name} is not a ${type}`);
}

function checkText(value: unknown): void {
	if (typeof value !== "string") throw new Error(`${JSON.stringify(value)} is not a string`);
}
