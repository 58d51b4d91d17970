// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the words of a Dockerfile
import { expect, test } from "bun:test";
import { expand } from "./expand.ts";

const variables = new Map([
	["A", "one"],
	["EMPTY", ""],
	["SPACED", "a b"],
	["FILE", "x/y.tar.gz"],
]);
const text = (word: string, more = {}) => expand(word, variables, { escapeToken: "\\", ...more }).text;

test.each([
	["$A ${A} $B", "one one "],
	["'$A' \"$A\" \\$A", "$A one $A"],
	["${B:-x$A} ${EMPTY:-y} ${EMPTY-y}", "xone y "],
	["${A:+set} ${EMPTY:+set}${EMPTY+set} ${B+set}", "set set "],
	["${FILE#*/} ${FILE##*.} ${FILE%.*} ${FILE%%.*}", "y.tar.gz gz x/y.tar x/y"],
	["${FILE/y/z} ${FILE//./_} ${FILE//[.]/_}", "x/z.tar.gz x/y_tar_gz x/y.tar.gz"],
	['"a\\b\\"c"', 'a\\b"c'],
	["a\\ b", "a b"],
	["$", "$"],
	["${A:?no} ", "one "],
])("%j is %j", (word, expected) => expect(text(word)).toBe(expected));

test.each([
	["${B:?it is missing}", "B: it is missing"],
	["${", "bad substitution"],
	["${A", "unsupported modifier"],
	["${A:-x", "missing '}'"],
	["${A^}", "unsupported modifier (^)"],
	["'a", "matching single-quote"],
	['"a', "matching double-quote"],
])("%j is an error", (word, message) => expect(() => text(word)).toThrow(message));

test("values with blanks give several words, quoted ones do not", () => {
	const words = (word: string) => expand(word, variables, { escapeToken: "\\" }).words;
	expect(words('$SPACED "$SPACED" c$SPACED')).toEqual(["a", "b", "a b", "ca", "b"]);
});

test("names that are used, and those that have no value, are told", () => {
	const { used, unset } = expand("$A ${B} ${C:-x}", variables, { escapeToken: "\\" });
	expect([...used]).toEqual(["A", "B", "C"]);
	expect([...unset]).toEqual(["B"]);
	expect(text("$A $B", { keepUnset: true })).toBe("one $B");
});

test("in a here-document quotes stand for themselves", () => {
	expect(text(`'$A' "x" \\$A \\n`, { rawQuotes: true })).toBe(`'one' "x" $A \\n`);
});

test("a pattern that is meant to take forever does not", () => {
	const long = new Map([["A", "a".repeat(2000)]]);
	const pattern = `\${A//${"a*".repeat(20)}b/x}`;
	expect(expand(pattern, long, { escapeToken: "\\" }).text).toHaveLength(2000);
});
