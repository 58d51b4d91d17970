import { EngineError } from "../../lib/index.ts";

/** A value of a file, and where it stands. */
export interface Place {
	/** `/etc/cdi/vendor.yaml: devices[0].name` */
	readonly where: string;
	readonly value: unknown;
}

/** Bounds, so that a file that went wrong costs little. */
const mostEntries = 4096;
const mostCharacters = 4096;

/** Reads an object's members; one that is not among `known` is an error. */
export function members(place: Place, known: readonly string[]): (name: string) => Place {
	const { where, value } = place;
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw fail(place, "an object");
	const at = (name: string) => `${where}${where.includes(": ") ? "." : ": "}${name}`;
	for (const name of Object.keys(value))
		if (!known.includes(name))
			throw new EngineError("invalid_argument", `${at(name)}: is not known or not supported`);
	return (name) => ({ where: at(name), value: (value as Record<string, unknown>)[name] ?? undefined });
}

/** Not there is an empty list. */
export function list(place: Place): Place[] {
	const { where, value = [] } = place;
	if (!Array.isArray(value) || value.length > mostEntries)
		throw fail(place, `a list of at most ${mostEntries}`);
	return value.map((entry, index) => ({ where: `${where}[${index}]`, value: entry }));
}

export function text(place: Place): string {
	const { value } = place;
	if (typeof value !== "string" || value.length > mostCharacters || value.includes("\0"))
		throw fail(place, "a string");
	return value;
}

export function texts(place: Place): string[] {
	return list(place).map(text);
}

/** From 0 to `most`. */
export function integer(place: Place, most: number): number {
	const { value } = place;
	if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most)
		throw fail(place, `a number up to ${most}`);
	return value;
}

export function fail({ where }: Place, expected: string): EngineError {
	return new EngineError("invalid_argument", `${where}: expected ${expected}`);
}
