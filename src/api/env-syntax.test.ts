import { describe, expect, test } from "bun:test";
import { parseEnvFlag, parseKeyValueFile, parseLabel } from "./env-syntax.ts";

const lookup = (name: string) => ({ HOME: "/root", EMPTY: "" })[name];

test("-e takes values, the client's variables, and removals", () => {
	expect(parseEnvFlag("A=b=c", lookup)).toBe("A=b=c");
	expect(parseEnvFlag("HOME", lookup)).toBe("HOME=/root");
	expect(parseEnvFlag("EMPTY", lookup)).toBe("EMPTY=");
	expect(parseEnvFlag("UNSET", lookup)).toBe("UNSET");
	expect(() => parseEnvFlag("=x", lookup)).toThrow("invalid environment variable: =x");
});

describe("parseKeyValueFile", () => {
	const parse = (text: string | Uint8Array) =>
		parseKeyValueFile(typeof text === "string" ? Buffer.from(text) : text, { name: "env", lookup });
	test("skips comments and keeps values as they are", () => {
		expect(parse('\uFEFF# c\n\n  A= x "y" \r\nHOME\nUNSET\nB=')).toEqual(['A= x "y" ', "HOME=/root", "B="]);
	});
	test("names the file and the line", () => {
		expect(() => parse("=x")).toThrow("invalid env file (env): no variable name on line '=x'");
		expect(() => parse("a b=x")).toThrow("invalid env file (env): variable 'a b' contains whitespaces");
		expect(() => parse(Uint8Array.of(65, 10, 0xff, 10))).toThrow("invalid utf8 bytes at line 2");
	});
});

test("labels", () => {
	expect(parseLabel("a=b=c")).toEqual({ key: "a", value: "b=c" });
	expect(parseLabel("a")).toEqual({ key: "a", value: "" });
	expect(() => parseLabel("=b")).toThrow("invalid label '=b': empty name");
	expect(() => parseLabel("a b=c")).toThrow("label 'a b' contains whitespaces");
});
