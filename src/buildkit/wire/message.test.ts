import { expect, test } from "bun:test";
import { bool, bytes, field, int64, integer, list, map, message, nested, string, uint32 } from "./message.ts";

const Inner = message({ name: field(1, string) });
const All = message({
	text: field(1, string),
	data: field(2, bytes),
	flag: field(3, bool),
	small: field(4, uint32),
	number: field(5, integer),
	big: field(6, int64),
	inner: field(7, nested(Inner)),
	names: field(8, list(string)),
	inners: field(9, list(nested(Inner))),
	pairs: field(10, map(string)),
});

test("what is written is read again, empty items of lists included", () => {
	const value = {
		text: "ü",
		data: new Uint8Array([1, 2]),
		flag: true,
		small: 4_294_967_295,
		number: -5,
		big: 1_700_000_000_123_456_789n,
		inner: { name: "a" },
		names: ["", "b"],
		inners: [{ name: "" }, { name: "c" }],
		pairs: new Map([["__proto__", "x"]]),
	};
	const read = All.decode(All.encode(value));
	expect(read).toEqual(value as never);
});

test("fields that were not sent have values, unknown fields are skipped", () => {
	const Other = message({ extra: field(99, string), text: field(1, string) });
	const read = All.decode(Other.encode({ extra: "?", text: "kept" }));
	expect(read.text).toBe("kept");
	expect(read.names).toEqual([]);
	expect(read.inner).toBeUndefined();
	expect(read.big).toBe(0n);
});

test.each([[[0x0a, 0x05, 0x61]], [[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]], [[0x80]]])(
	"bytes that are no message are an error: %p",
	(wrong) => {
		expect(() => All.decode(new Uint8Array(wrong))).toThrow();
	},
);
