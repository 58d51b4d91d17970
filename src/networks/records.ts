import type { Endpoint, NetworkRecord } from "./contract.ts";

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
	return value as Endpoint;
}

/** Checks a document of the `networks` table; throws what is wrong with it. */
export function parseNetwork(value: unknown): NetworkRecord {
	const fields = asObject(value);
	for (const name of ["id", "name", "createdAt"]) checkType(fields, name, "string");
	checkType(fields, "internal", "boolean");
	if (!["bridge", "host", "none"].includes(fields["driver"] as string))
		throw new Error(`driver is ${JSON.stringify(fields["driver"])}`);
	for (const name of ["labels", "options"]) Object.values(asObject(fields[name])).forEach(checkText);
	if (!Array.isArray(fields["subnets"])) throw new Error("subnets is no list");
	for (const subnet of fields["subnets"]) {
		for (const name of ["subnet", "gateway"]) checkType(asObject(subnet), name, "string");
	}
	return value as NetworkRecord;
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
