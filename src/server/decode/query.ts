/** Query parameters, decoded by an operation's schema. */
import type { TSchema } from "typebox";
import { EngineError } from "../../lib/index.ts";
import { decodeFilters } from "./filters.ts";

/**
 * Decodes by schema: booleans as Docker reads them, integers, text, repeated parameters as lists, objects as JSON
 * (filters). What is not in the schema is left out. Errors: `invalid_argument`, naming the parameter, also one that
 * the schema wants and that is not there.
 */
export function decodeQuery(schema: TSchema, search: URLSearchParams): Record<string, unknown> {
	const decoded: Record<string, unknown> = {};
	for (const [name, property] of Object.entries(propertiesOf(schema))) {
		const values = search.getAll(name);
		if (values.length > 0) decoded[name] = decodeParameter(name, property, values);
	}
	for (const name of (schema as { required?: readonly string[] }).required ?? []) {
		if (decoded[name] === undefined)
			throw new EngineError("invalid_argument", `query parameter ${name} is missing`);
	}
	return decoded;
}

function decodeParameter(name: string, schema: TSchema, values: readonly string[]): unknown {
	const value = values[0]!;
	switch ((schema as { type?: string }).type) {
		case "boolean":
			return decodeBoolean(value);
		case "integer":
			return decodeInteger(name, value);
		case "array":
			return values;
		case "object":
			return decodeFilters(value);
		default:
			return value;
	}
}

/** Docker's rule: everything is true but these. */
export function decodeBoolean(text: string): boolean {
	return !["", "0", "no", "false", "none"].includes(text.trim().toLowerCase());
}

function decodeInteger(name: string, text: string): number | undefined {
	if (text === "") return undefined;
	const value = Number(text);
	if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
	throw new EngineError(
		"invalid_argument",
		`invalid value for ${name}: ${JSON.stringify(text)} is no integer`,
	);
}

function propertiesOf(schema: TSchema): Readonly<Record<string, TSchema>> {
	return (schema as { properties?: Record<string, TSchema> }).properties ?? {};
}
