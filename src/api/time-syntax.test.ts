import { describe, expect, test } from "bun:test";
import { formatTime, parseTime, parseUnixTime } from "./time-syntax.ts";

const now = 1_700_000_000_000_000_000n;

describe("parseTime", () => {
	const cases: [string, string][] = [
		["2026-11-24T05:00:00.123456789Z", "2026-11-24T05:00:00.123456789Z"],
		["2026-11-24T05:00:00+01:30", "2026-11-24T03:30:00Z"],
		["2026-11-24T05:00Z", "2026-11-24T05:00:00Z"],
		["2026-11-24T05Z", "2026-11-24T05:00:00Z"],
		["2026-11-24Z", "2026-11-24T00:00:00Z"],
		["1700000000", "2023-11-14T22:13:20Z"],
		["1700000000.000000001", "2023-11-14T22:13:20.000000001Z"],
		["1700000000.5", "2023-11-14T22:13:20.5Z"],
		["0", "1970-01-01T00:00:00Z"],
		["10m", "2023-11-14T22:03:20Z"],
		["-1h", "2023-11-14T23:13:20Z"],
		["1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z"],
		["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
	];
	for (const [text, expected] of cases) {
		test(text, () => expect(formatTime(parseTime(text, now))).toBe(expected));
	}

	test("a time without a zone is local", () => {
		const local = new Date(2026, 10, 24, 5, 0, 0).getTime();
		expect(parseTime("2026-11-24T05:00:00", now)).toBe(BigInt(local) * 1_000_000n);
		expect(parseTime("2026-11-24", now)).toBe(BigInt(new Date(2026, 10, 24).getTime()) * 1_000_000n);
	});

	for (const text of ["", "yesterday", "2026-13-01", "2026-02-30", "2026-11-24T25:00:00Z", "12:00"]) {
		test(`refuses ${text}`, () =>
			expect(() => parseTime(text, now)).toThrow("failed to parse value as time or duration"));
	}
});

test("29 February exists in leap years only", () => {
	expect(formatTime(parseTime("2024-02-29Z", now))).toBe("2024-02-29T00:00:00Z");
	expect(() => parseTime("2100-02-29Z", now)).toThrow("2100-02-29Z");
	expect(formatTime(parseTime("2000-02-29Z", now))).toBe("2000-02-29T00:00:00Z");
});

test("unix times", () => {
	expect(parseUnixTime("1.1234567899")).toBe(1_123_456_789n);
	expect(parseUnixTime("10m")).toBeUndefined();
});
