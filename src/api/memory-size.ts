import { EngineError } from "../lib/index.ts";

/**
 * Bytes of a size with a binary unit, as `--memory` takes it: `512m`, `1.5g`, `64 KiB`, `1024`. Units are powers of
 * 1024, in either case, with or without `b` or `ib`. Errors: `invalid_argument` with go-units' texts.
 */
export function parseMemoryBytes(text: string): number {
	return parseSize(text, 1024);
}

/** Bytes of a size with a decimal unit (`10kb` is 10,000), as log options and storage limits take it. */
export function parseDecimalBytes(text: string): number {
	return parseSize(text, 1000);
}

/** `--memory-swap`: a size, or -1 for as much swap as the host has. */
export function parseMemorySwap(text: string): number {
	return text === "-1" ? -1 : parseMemoryBytes(text);
}

/**
 * Billionths of a CPU: `1.5` is 1,500,000,000; `1/4` is 250,000,000. Errors: `invalid_argument` with Docker's texts,
 * also for more than nine decimals.
 */
export function parseNanoCpus(text: string): number {
	const { numerator, denominator } = parseRational(text);
	const scaled = numerator * 1_000_000_000n;
	if (scaled % denominator !== 0n) throw new EngineError("invalid_argument", "value is too precise");
	return safeInteger(scaled / denominator, text);
}

/** Longer than any number that fits; keeps absurd input cheap. */
const maxLength = 64;
const exponents = ["", "k", "m", "g", "t", "p"];

function parseSize(text: string, base: 1000 | 1024): number {
	const match =
		text.length > maxLength ? null : /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?) ?([^\d. ]*)$/.exec(text);
	if (match === null) throw new EngineError("invalid_argument", `invalid size: '${text}'`);
	const value = Number(match[1]);
	if (value < 0) throw new EngineError("invalid_argument", `invalid size: '${text}'`);
	const unit = match[2]!.toLowerCase();
	const exponent = exponents.indexOf(unit.replace(/(?<=[kmgtp])i?b$|^b$/, ""));
	if (exponent < 0) throw new EngineError("invalid_argument", `invalid suffix: '${unit}'`);
	const bytes = Math.trunc(value * base ** exponent);
	if (!Number.isSafeInteger(bytes)) throw new EngineError("invalid_argument", `invalid size: '${text}'`);
	return bytes;
}

/** Nothing sensible has a longer exponent, and a huge one would build a huge integer. */
const maxExponent = 30;

function parseRational(text: string): { numerator: bigint; denominator: bigint } {
	const fraction = /^([+-]?\d{1,40})\/(\d{1,40})$/.exec(text);
	if (fraction !== null && BigInt(fraction[2]!) !== 0n)
		return { numerator: integer(fraction[1]!), denominator: BigInt(fraction[2]!) };
	const decimal = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
	const digits = `${decimal?.[2] ?? ""}${decimal?.[3] ?? ""}`;
	const exponent = Number(decimal?.[4] ?? 0) - (decimal?.[3] ?? "").length;
	if (decimal === null || digits === "" || Math.abs(Number(decimal[4] ?? 0)) > maxExponent)
		throw new EngineError("invalid_argument", `failed to parse ${text} as a rational number`);
	const mantissa = integer(`${decimal[1]}${digits}`);
	return exponent >= 0
		? { numerator: mantissa * 10n ** BigInt(exponent), denominator: 1n }
		: { numerator: mantissa, denominator: 10n ** BigInt(-exponent) };
}

function integer(text: string): bigint {
	return BigInt(text.startsWith("+") ? text.slice(1) : text);
}

function safeInteger(value: bigint, text: string): number {
	const number = Number(value);
	if (!Number.isSafeInteger(number))
		throw new EngineError("invalid_argument", `failed to parse ${text} as a rational number`);
	return number;
}
