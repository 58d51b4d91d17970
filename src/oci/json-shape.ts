import { EngineError } from "../lib/index.ts";

/** A JSON value from outside, with the way to it for error messages. */
export interface Shape {
	/** `manifest sha256:…: layers[3].size`. */
	readonly where: string;
	readonly value: unknown;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Parses bytes as one JSON value. `corrupt`, naming it, when they are not UTF-8 JSON. */
export function parseJson(bytes: Uint8Array, what: string): Shape {
	try {
		return { where: what, value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
	} catch (error) {
		throw new EngineError("corrupt", `${what} is not valid JSON`, { cause: error });
	}
}

export function wrong(shape: Shape, expected: string): EngineError {
	return new EngineError("corrupt", `${shape.where}: expected ${expected}`);
}

/** A member of an object; Go writes absent members as null, so null is absent. */
export function field(shape: Shape, name: string): Shape {
	const value = (asObject(shape) as Record<string, unknown>)[name];
	return { where: joined(shape.where, name), value: value === null ? undefined : value };
}

function joined(where: string, name: string): string {
	return where.includes(": ") ? `${where}.${name}` : `${where}: ${name}`;
}

export function asObject(shape: Shape): Fields {
	const { value } = shape;
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(shape, "an object");
	return value as Fields;
}

export function asString(shape: Shape): string {
	if (typeof shape.value !== "string") throw wrong(shape, "a string");
	return shape.value;
}

export function asSize(shape: Shape): number {
	const { value } = shape;
	if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
		throw wrong(shape, "a size in bytes");
	return value;
}

export function asInteger(shape: Shape): number {
	if (typeof shape.value !== "number" || !Number.isSafeInteger(shape.value)) throw wrong(shape, "an integer");
	return shape.value;
}

export function asBoolean(shape: Shape): boolean {
	if (typeof shape.value !== "boolean") throw wrong(shape, "true or false");
	return shape.value;
}

/** At most `limit` elements: what comes from outside is bounded. */
export function asArray<T>(shape: Shape, item: (shape: Shape) => T, limit = 10_000): T[] {
	const { value, where } = shape;
	if (!Array.isArray(value)) throw wrong(shape, "an array");
	if (value.length > limit) throw wrong(shape, `at most ${limit} elements`);
	return value.map((element, index) => item({ where: `${where}[${index}]`, value: element }));
}

export function asMap<T>(shape: Shape, item: (shape: Shape) => T): Record<string, T> {
	const map: Record<string, T> = Object.create(null);
	for (const [key, value] of Object.entries(asObject(shape)))
		map[key] = item({ where: `${shape.where}[${JSON.stringify(key)}]`, value });
	return { ...map };
}

/** The object without members that are undefined. */
export function present<T extends object>(members: T): Present<T> {
	return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
	[K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export function optional<T>(shape: Shape, read: (shape: Shape) => T): T | undefined {
	return shape.value === undefined ? undefined : read(shape);
}
