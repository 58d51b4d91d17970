/** A value as Go prints it: `[a b]`, `map[k:v]`, `true`, `<nil>`. */
export function printValue(value: unknown): string {
	if (value === undefined) return "<no value>";
	if (value === null) return "<nil>";
	if (Array.isArray(value)) return `[${value.map(printValue).join(" ")}]`;
	if (typeof value === "object") {
		const pairs = sortedEntries(value).map(([key, item]) => `${key}:${printValue(item)}`);
		return `map[${pairs.join(" ")}]`;
	}
	return String(value);
}

/** Go walks maps in the order of their keys. */
export function sortedEntries(value: object): [string, unknown][] {
	return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** JSON with big integers as numbers. */
export function toJson(value: unknown): string {
	if (typeof value === "bigint") return value.toString();
	if (value === undefined) return "null";
	if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
	if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
	const pairs = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${toJson(item)}`);
	return `{${pairs.join(",")}}`;
}
