import { describe, expect, test } from "bun:test";
import { bestPlatform, formatPlatform, isRunnableOn, parsePlatform } from "./platform.ts";

describe("platform texts", () => {
	test.each([
		["linux/amd64", "linux/amd64"],
		["linux/x86_64", "linux/amd64"],
		["linux/arm", "linux/arm/v7"],
		["linux/arm/6", "linux/arm/v6"],
		["linux/aarch64", "linux/arm64"],
		["linux/arm64/v8", "linux/arm64"],
		["arm64", "linux/arm64"],
		["armhf", "linux/arm/v7"],
		["Linux/AMD64", "linux/amd64"],
		["windows/amd64", "windows/amd64"],
	])("%s is %s", (text, normal) => expect(formatPlatform(parsePlatform(text))).toBe(normal));

	test.each([
		["", "is an invalid component"],
		["linux/amd64/v2/x", "cannot parse platform specifier"],
		["toaster", "unknown operating system or architecture"],
		["linux/am d64", "is an invalid component"],
	])("%p is refused", (text, message) => expect(() => parsePlatform(text)).toThrow(message));
});

test("the best of an index is the exact platform, then one that runs on it", () => {
	const list = ["linux/386", "linux/arm/v6", "linux/amd64", "linux/arm/v7", "unknown/unknown"].map(
		parseLoose,
	);
	expect(bestPlatform(list, parsePlatform("linux/amd64"))).toBe(2);
	expect(bestPlatform(list, parsePlatform("linux/arm64"))).toBe(3);
	expect(bestPlatform(list, parsePlatform("linux/arm/v6"))).toBe(1);
	expect(bestPlatform(list, parsePlatform("linux/s390x"))).toBe(-1);
	expect(bestPlatform([undefined], parsePlatform("linux/amd64"))).toBe(-1);
	expect(isRunnableOn(parsePlatform("linux/386"), parsePlatform("linux/amd64"))).toBe(true);
	expect(isRunnableOn(parsePlatform("linux/arm64"), parsePlatform("linux/amd64"))).toBe(false);
	expect(isRunnableOn(parsePlatform("linux/amd64/v2"), parsePlatform("linux/amd64/v3"))).toBe(true);
	expect(isRunnableOn(parsePlatform("linux/amd64/v3"), parsePlatform("linux/amd64"))).toBe(false);
});

function parseLoose(text: string) {
	const [os, architecture, variant] = text.split("/");
	return { os: os!, architecture: architecture!, ...(variant === undefined ? {} : { variant }) };
}
