import { type FilterValues, matchesLabels, parseBoolean, parseUntil } from "../../../api/syntax.ts";
import { EngineError } from "../../../lib/index.ts";
import type { NetworkRecord, Networks } from "../../../networks/index.ts";

const known = ["dangling", "driver", "id", "label", "name", "scope", "type"];

/** The filters of a list: values of one key are alternatives (labels: all), keys must all match. */
export function networkFilter(
	networks: Networks,
	filters: FilterValues,
): (network: NetworkRecord) => boolean {
	refuseOthers(filters, known);
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
		some("type", (value) => (value === "builtin") === isBuiltIn(network)) &&
		matchesLabels(network.labels, filters) &&
		(dangling === undefined || dangling === isDangling(networks, network));
}

/** What a prune takes: what nobody is on, but for the three that are always there. Filters: label, label!, until. */
export function pruneFilter(networks: Networks, filters: FilterValues): (network: NetworkRecord) => boolean {
	refuseOthers(filters, ["label", "label!", "until"]);
	const until = parseUntil(filters.get("until"));
	return (network) =>
		isDangling(networks, network) &&
		matchesLabels(network.labels, filters) &&
		(until === undefined || BigInt(Date.parse(network.createdAt)) * 1_000_000n <= until);
}

function refuseOthers(filters: FilterValues, names: readonly string[]): void {
	for (const key of filters.keys()) {
		if (!names.includes(key)) throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
}

/** The three that are always there do not count as dangling. */
function isDangling(networks: Networks, network: NetworkRecord): boolean {
	return !isBuiltIn(network) && networks.endpointsOf(network.id).length === 0;
}

export function isBuiltIn({ name }: NetworkRecord): boolean {
	return name === "bridge" || name === "host" || name === "none";
}

/** Docker calls the driver behind the network `none` null. */
export function driverName({ driver }: NetworkRecord): string {
	return driver === "none" ? "null" : driver;
}
