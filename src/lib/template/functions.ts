import { format } from "./format-verbs.ts";
import { printValue, sortedEntries, toJson } from "./print-value.ts";

/** Functions of templates: Go's own and those that docker adds. Errors are plain; the caller says where. */
type TemplateFunction = (...values: unknown[]) => unknown;

export const functions: Readonly<Record<string, TemplateFunction>> = {
	and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
	or: (...values) => values.find(isTrue) ?? values.at(-1),
	not: (value) => !isTrue(value),
	eq: (first, ...others) => others.some((other) => compare(first, other) === 0),
	ne: (a, b) => compare(a, b) !== 0,
	lt: (a, b) => ordered(a, b) < 0,
	le: (a, b) => ordered(a, b) <= 0,
	gt: (a, b) => ordered(a, b) > 0,
	ge: (a, b) => ordered(a, b) >= 0,
	index: (value, ...keys) => keys.reduce(itemAt, value),
	len: lengthOf,
	slice: (value, from, to) => sliceOf(value, from, to),
	print: printAll,
	println: (...values) => `${values.map(printValue).join(" ")}\n`,
	printf: (pattern, ...values) => format(String(pattern), values),
	json: toJson,
	join: (values, separator) => listOf(values).map(printValue).join(String(separator)),
	split: (text, separator) => String(text).split(String(separator)),
	lower: (text) => String(text).toLowerCase(),
	upper: (text) => String(text).toUpperCase(),
	title: (text) =>
		String(text).replace(/(^|\s)(\S)/g, (_, space: string, letter: string) => space + letter.toUpperCase()),
	truncate: (text, length) => [...String(text)].slice(0, Number(length)).join(""),
	pad: (text, before, after) =>
		text === "" ? "" : " ".repeat(Number(before)) + String(text) + " ".repeat(Number(after)),
};

/** Empty, zero, false and absent values are false. */
export function isTrue(value: unknown): boolean {
	if (value === undefined || value === null) return false;
	if (Array.isArray(value)) return value.length > 0;
	if (typeof value === "object") return Object.keys(value).length > 0;
	return Boolean(value);
}

function compare(a: unknown, b: unknown): number {
	const [left, right] = [comparable(a), comparable(b)];
	if (typeof left !== typeof right) throw new Error("incompatible types for comparison");
	return left === right ? 0 : left < right ? -1 : 1;
}

function ordered(a: unknown, b: unknown): number {
	if (typeof a === "boolean" || typeof b === "boolean") throw new Error("invalid type for comparison");
	return compare(a, b);
}

function comparable(value: unknown): string | number | boolean {
	if (value === undefined || value === null) return "";
	if (typeof value === "bigint") return Number(value);
	if (typeof value === "object" || typeof value === "function") throw new Error("non-comparable type");
	return value as string | number | boolean;
}

/** Of a map, the zero value when the key is not there, as for Docker's maps of texts. */
function itemAt(value: unknown, key: unknown): unknown {
	if (value === undefined || value === null) throw new Error("index of untyped nil");
	if (Array.isArray(value)) {
		const index = Number(key);
		if (!(index >= 0 && index < value.length)) throw new Error(`index out of range: ${printValue(key)}`);
		return value[index];
	}
	if (typeof value !== "object") throw new Error(`index out of range: ${printValue(key)}`);
	const map = value as Record<string, unknown>;
	return Object.hasOwn(map, String(key)) ? map[String(key)] : "";
}

function lengthOf(value: unknown): number {
	if (typeof value === "string") return Buffer.byteLength(value);
	if (Array.isArray(value)) return value.length;
	if (typeof value === "object" && value !== null) return Object.keys(value).length;
	throw new Error(value === undefined || value === null ? "len of nil pointer" : "len of type that has none");
}

function sliceOf(value: unknown, from: unknown, to: unknown): unknown {
	if (typeof value !== "string" && !Array.isArray(value)) throw new Error("can't slice item");
	const end = to === undefined ? value.length : Number(to);
	const start = from === undefined ? 0 : Number(from);
	if (!(start >= 0 && start <= end && end <= value.length))
		throw new Error(`index out of range: ${printValue(to ?? from)}`);
	return value.slice(start, end);
}

/** Go's Sprint: a space between two operands when neither is a text. */
function printAll(...values: unknown[]): string {
	return values.reduce<string>((text, value, index) => {
		const bothPlain = index > 0 && typeof values[index - 1] !== "string" && typeof value !== "string";
		return text + (bothPlain ? " " : "") + printValue(value);
	}, "");
}

function listOf(value: unknown): unknown[] {
	if (value === undefined || value === null) return [];
	if (Array.isArray(value)) return value;
	if (typeof value === "object") return sortedEntries(value).map(([, item]) => item);
	throw new Error("wrong type for value; expected a list");
}
