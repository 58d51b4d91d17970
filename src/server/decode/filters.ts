import { EngineError } from "../../lib/index.ts";

/**
 * Docker's filters out of their JSON: `{"status":["exited"]}`, or `{"status":{"exited":true}}` as old clients send
 * it. Errors: `invalid_argument`.
 */
export function decodeFilters(text: string): Record<string, string[]> {
	if (text === "") return {};
	const value = parse(text);
	if (value === null) return {};
	if (typeof value !== "object" || Array.isArray(value)) throw invalid(text);
	const filters: Record<string, string[]> = {};
	for (const [key, values] of Object.entries(value)) filters[key] = valuesOf(values, text);
	return filters;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw invalid(text);
	}
}

function valuesOf(values: unknown, text: string): string[] {
	if (values === null) return [];
	if (Array.isArray(values)) {
		if (values.every((value) => typeof value === "string")) return values;
		throw invalid(text);
	}
	if (typeof values !== "object") throw invalid(text);
	const entries = Object.entries(values as Record<string, unknown>);
	if (entries.every(([, chosen]) => typeof chosen === "boolean"))
		return entries.filter(([, chosen]) => chosen).map(([value]) => value);
	throw invalid(text);
}

function invalid(text: string): EngineError {
	return new EngineError("invalid_argument", `invalid filter: ${text.slice(0, 200)}`);
}
