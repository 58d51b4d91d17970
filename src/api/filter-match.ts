import { EngineError } from "../lib/index.ts";
import { parseTime } from "./time-syntax.ts";

/** Filters as a request gives them, out of both JSON shapes: key → values. */
export type FilterValues = ReadonlyMap<string, readonly string[]>;

/** `label`: all of them (`key` or `key=value`); `label!`: none of them. */
export function matchesLabels(labels: Readonly<Record<string, string>>, filters: FilterValues): boolean {
	const wanted = filters.get("label") ?? [];
	const unwanted = filters.get("label!") ?? [];
	return (
		wanted.every((label) => hasLabel(labels, label)) && !unwanted.some((label) => hasLabel(labels, label))
	);
}

function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
	const equals = wanted.indexOf("=");
	const name = equals < 0 ? wanted : wanted.slice(0, equals);
	if (!Object.hasOwn(labels, name)) return false;
	return equals < 0 || labels[name] === wanted.slice(equals + 1);
}

/** Nanoseconds since 1970 of an `until` filter: a time, or a duration before now. One value at most. */
export function parseUntil(values: readonly string[] | undefined): bigint | undefined {
	if (values === undefined || values.length === 0) return undefined;
	if (values.length > 1) throw new EngineError("invalid_argument", "more than one until filter specified");
	return parseTime(values[0]!, BigInt(Date.now()) * 1_000_000n);
}

/** `true`/`false` filters as Docker reads them. `undefined`: not given. */
export function parseBoolean(key: string, values: readonly string[] | undefined): boolean | undefined {
	if (values === undefined || values.length === 0) return undefined;
	const [value] = values as [string];
	if (values.length === 1 && (value === "1" || value === "true")) return true;
	if (values.length === 1 && (value === "0" || value === "false")) return false;
	throw new EngineError("invalid_argument", `invalid filter '${key}=${values.join(",")}'`);
}
