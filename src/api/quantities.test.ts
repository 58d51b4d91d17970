import { describe, expect, test } from "bun:test";
import { formatDuration, parseDuration } from "./duration.ts";
import { parseDecimalBytes, parseMemoryBytes, parseMemorySwap, parseNanoCpus } from "./memory-size.ts";

describe("memory sizes", () => {
	const cases: [string, number][] = [
		["0", 0],
		["1024", 1024],
		["512m", 512 * 2 ** 20],
		["1.5g", 1.5 * 2 ** 30],
		["64 KiB", 65_536],
		["64KB", 65_536],
		["32b", 32],
		["2t", 2 * 2 ** 40],
		["1e3", 1000],
		[".5k", 512],
	];
	for (const [text, bytes] of cases) test(text, () => expect(parseMemoryBytes(text)).toBe(bytes));

	const failures: [string, string][] = [
		["", "invalid size: ''"],
		["m", "invalid size: 'm'"],
		["-5m", "invalid size: '-5m'"],
		["5x", "invalid suffix: 'x'"],
		["5bb", "invalid suffix: 'bb'"],
		["5ki", "invalid suffix: 'ki'"],
		["1 2m", "invalid size: '1 2m'"],
		["99999999p", "invalid size: '99999999p'"],
	];
	for (const [text, message] of failures)
		test(`refuses ${text}`, () => expect(() => parseMemoryBytes(text)).toThrow(message));

	test("decimal units", () => expect(parseDecimalBytes("10MB")).toBe(10_000_000));
	test("swap without limit", () => expect(parseMemorySwap("-1")).toBe(-1));
});

test("cpus", () => {
	expect(parseNanoCpus("1.5")).toBe(1_500_000_000);
	expect(parseNanoCpus("1/4")).toBe(250_000_000);
	expect(parseNanoCpus("2e-1")).toBe(200_000_000);
	expect(parseNanoCpus("-1")).toBe(-1_000_000_000);
	expect(() => parseNanoCpus("0.0000000001")).toThrow("value is too precise");
	expect(() => parseNanoCpus("1/3")).toThrow("value is too precise");
	for (const text of ["", "x", "1/0", "1e99999", "1.2.3"])
		expect(() => parseNanoCpus(text)).toThrow(`failed to parse ${text} as a rational number`);
});

describe("durations", () => {
	const cases: [string, bigint, string][] = [
		["0", 0n, "0s"],
		["1m30s", 90_000_000_000n, "1m30s"],
		["1.5h", 5_400_000_000_000n, "1h30m0s"],
		["-300ms", -300_000_000n, "-300ms"],
		["1us", 1_000n, "1µs"],
		[".5s", 500_000_000n, "500ms"],
		["1.000000001s", 1_000_000_001n, "1.000000001s"],
		["2562047h", 9_223_369_200_000_000_000n, "2562047h0m0s"],
	];
	for (const [text, nanos, formatted] of cases) {
		test(text, () => {
			expect(parseDuration(text)).toBe(nanos);
			expect(formatDuration(nanos)).toBe(formatted);
		});
	}

	const failures: [string, string][] = [
		["", 'time: invalid duration ""'],
		["5", 'time: missing unit in duration "5"'],
		["5x", 'time: unknown unit "x" in duration "5x"'],
		[".s", 'time: invalid duration ".s"'],
		["9223372036855s", 'time: invalid duration "9223372036855s"'],
		["99999999999999999999h", "time: invalid duration"],
	];
	for (const [text, message] of failures)
		test(`refuses ${text}`, () => expect(() => parseDuration(text)).toThrow(message));
});
