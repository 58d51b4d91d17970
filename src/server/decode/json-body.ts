/** JSON bodies, decoded by an operation's schema. */
import type { TSchema } from "typebox";
import { EngineError } from "../../lib/index.ts";
import type { RequestBody } from "../connection/request-body.ts";
import type { RequestHead } from "../connection/request-parser.ts";

/** Longest JSON body that is read; beyond: `too_large`. */
const maxJsonBytes = 4 * 1024 * 1024;

export interface DecodedBody {
	/** `undefined` when the body is empty. */
	readonly value: unknown;
	/** Fields with a value that the schema does not have: `HostConfig.Foo`. */
	readonly unknownFields: readonly string[];
}

/** Reads and decodes a body. Errors: `invalid_argument`, naming the field; `too_large`. */
export async function decodeJsonBody(
	schema: TSchema,
	request: RequestHead,
	body: RequestBody,
): Promise<DecodedBody> {
	checkContentType(request);
	const text = await readText(body);
	// `null` is a Go client's way to leave the body out.
	if (["", "null"].includes(text.trim())) return { value: undefined, unknownFields: [] };
	return decodeJson(schema, text);
}

/**
 * Decodes JSON text by a schema, as Go does: `null` is absence, names match whatever their case. What a schema requires
 * must be there; Docker's own require nothing.
 */
export function decodeJson(schema: TSchema, text: string): DecodedBody {
	const unknownFields: string[] = [];
	const value = decodeValue(schema as Schema, parse(text), { path: "", unknownFields });
	return { value, unknownFields };
}

function checkContentType(request: RequestHead): void {
	const type = request.headers.get("content-type");
	if (type === undefined && request.contentLength === 0) return;
	if (/^application\/json\s*(;|$)/i.test(type ?? "")) return;
	throw new EngineError(
		"invalid_argument",
		`unsupported Content-Type header (${type ?? ""}): must be 'application/json'`,
	);
}

async function readText(body: RequestBody): Promise<string> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of body) {
		length += chunk.length;
		if (length > maxJsonBytes)
			throw new EngineError("too_large", `the request's JSON is longer than ${maxJsonBytes} bytes`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		throw new EngineError("invalid_argument", `invalid JSON: ${(error as Error).message}`, { cause: error });
	}
}

/** The part of JSON Schema that the API's schemas use. */
interface Schema {
	readonly type?: string;
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly patternProperties?: Readonly<Record<string, Schema>>;
	readonly items?: Schema;
	readonly required?: readonly string[];
	readonly allOf?: readonly Schema[];
}

interface Place {
	readonly path: string;
	readonly unknownFields: string[];
}

function decodeValue(schema: Schema, value: unknown, place: Place): unknown {
	if (schema.allOf !== undefined || schema.type === "object") return decodeObject(schema, value, place);
	switch (schema.type) {
		case "array":
			return decodeArray(schema, value, place);
		case "string":
			return typeof value === "string" ? value : fail(place, "a string", value);
		case "boolean":
			return typeof value === "boolean" ? value : fail(place, "a boolean", value);
		case "integer":
			return Number.isInteger(value) ? value : fail(place, "an integer", value);
		case "number":
			return typeof value === "number" ? value : fail(place, "a number", value);
		default:
			return value;
	}
}

function decodeArray(schema: Schema, value: unknown, place: Place): unknown[] {
	if (typeof value === "string" && oneOrMany.test(place.path)) return [value];
	if (!Array.isArray(value)) return fail(place, "a list", value);
	return value.map((item, index) =>
		decodeValue(schema.items ?? {}, item, { ...place, path: join(place.path, String(index)) }),
	);
}

/** Docker takes one string for these lists as well. */
const oneOrMany = /(^|\.)(Cmd|Entrypoint|Shell)$/;

function decodeObject(schema: Schema, value: unknown, place: Place): Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		return fail(place, "an object", value);
	const shape = shapeOf(schema);
	const decoded: Record<string, unknown> = {};
	for (const [key, item] of Object.entries(value)) {
		if (item === null || key === "__proto__") continue;
		const name = shape.names.get(key.toLowerCase()) ?? key;
		const itemSchema = shape.properties.get(name) ?? shape.any;
		const path = join(place.path, name);
		if (itemSchema !== undefined) decoded[name] = decodeValue(itemSchema, item, { ...place, path });
		else if (!isZero(item)) place.unknownFields.push(path);
	}
	for (const name of shape.required) {
		if (decoded[name] === undefined)
			throw new EngineError("invalid_argument", `invalid JSON: ${join(place.path, name)} is missing`);
	}
	return decoded;
}

interface Shape {
	readonly properties: ReadonlyMap<string, Schema>;
	/** Lower case → name. */
	readonly names: ReadonlyMap<string, string>;
	/** Schema of any other name (a map). */
	readonly any: Schema | undefined;
	readonly required: readonly string[];
}

const shapes = new WeakMap<Schema, Shape>();

function shapeOf(schema: Schema): Shape {
	const known = shapes.get(schema);
	if (known !== undefined) return known;
	const properties = new Map<string, Schema>();
	const required: string[] = [];
	let any: Schema | undefined;
	for (const part of schema.allOf ?? [schema]) {
		const shape = part === schema ? undefined : shapeOf(part);
		for (const [name, property] of shape?.properties ?? Object.entries(part.properties ?? {}))
			properties.set(name, property);
		required.push(...(shape?.required ?? part.required ?? []));
		any ??= shape?.any ?? Object.values(part.patternProperties ?? {})[0];
	}
	const names = new Map([...properties.keys()].map((name) => [name.toLowerCase(), name]));
	const made = { properties, names, any, required };
	shapes.set(schema, made);
	return made;
}

function join(path: string, name: string): string {
	return path === "" ? name : `${path}.${name}`;
}

/** Go's zero values: clients send fields that they do not set. */
function isZero(value: unknown, depth = 0): boolean {
	if (value === "" || value === 0 || value === false || value === null) return true;
	if (typeof value !== "object" || depth > 16) return false;
	return Object.values(value).every((item) => isZero(item, depth + 1));
}

function fail(place: Place, expected: string, value: unknown): never {
	const found = Array.isArray(value) ? "a list" : value === null ? "null" : typeof value;
	const where = place.path === "" ? "invalid JSON" : `invalid JSON: ${place.path}`;
	throw new EngineError("invalid_argument", `${where}: expected ${expected}, found ${found}`);
}
