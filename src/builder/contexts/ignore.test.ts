import { expect, test } from "bun:test";
import { cleanPath, parseIgnoreFile } from "./ignore.ts";
import { parsePathPattern } from "./path-pattern.ts";

test.each([
	["*.go", "a.go", true],
	["*.go", "b/a.go", false],
	["a/*/c", "a/b/c", true],
	["a/*/c", "a/b/x/c", false],
	["**/c", "c", true],
	["**/c", "a/b/c", true],
	["**/c", "a/bc", false],
	["a/**", "a/b/c", true],
	["a/**/b", "a/b", true],
	["a/**/b", "a/x/y/b", true],
	["a/**/b", "ab", false],
	["a**c", "ab/c", true],
	["?at", "cat", true],
	["?at", "/at", false],
	["[a-c]x", "bx", true],
	["[^a-c]x", "bx", false],
	["[^a-c]x", "dx", true],
	["a\\*b", "a*b", true],
	["a\\*b", "axb", false],
	["[]]", "]", true],
	["", "", true],
])("%j and %j: %p", (pattern, path, expected) =>
	expect(parsePathPattern(pattern).matches(path)).toBe(expected),
);

test("patterns that cannot be read are refused, and none takes long", () => {
	for (const pattern of ["[a", "a\\", "["])
		expect(() => parsePathPattern(pattern)).toThrow("syntax error in pattern");
	expect(parsePathPattern(`${"*a".repeat(200)}b`).matches("a".repeat(4000))).toBe(false);
	expect(parsePathPattern(`${"**/".repeat(200)}b`).matches("a/".repeat(2000))).toBe(false);
});

const ignored = (text: string, ...paths: string[]) =>
	paths.filter((path) => parseIgnoreFile(text).ignores(path));

test("the last rule that fits decides, and a folder takes its content along", () => {
	expect(
		ignored("# c\n\n/node_modules/\n*.md\n!README.md\n", "node_modules/a/b", "x.md", "README.md", "src/x.md"),
	).toEqual(["node_modules/a/b", "x.md"]);
	expect(ignored("*\n!src\nsrc/*.tmp", "a", "src", "src/a", "src/b.tmp")).toEqual(["a", "src/b.tmp"]);
	expect(ignored("**/*.log\n  build  ", "a.log", "x/y/b.log", "build/x", "builder")).toEqual([
		"a.log",
		"x/y/b.log",
		"build/x",
	]);
	expect(ignored(".", "a")).toEqual(["a"]);
	expect(() => parseIgnoreFile("a\n!")).toThrow('line 2: illegal exclusion pattern: "!"');
});

test("a folder that is left out is entered only when something in it may be kept", () => {
	const rules = parseIgnoreFile("vendor\nout\n!vendor/keep/*.txt\n");
	expect([rules.mayHoldKept("vendor"), rules.mayHoldKept("vendor/keep"), rules.mayHoldKept("out")]).toEqual([
		true,
		true,
		false,
	]);
});

test("paths are cleaned, and none leads out", () => {
	expect(cleanPath("./a//b/../c/")).toBe("a/c");
	expect(cleanPath("../../x")).toBe("x");
});
