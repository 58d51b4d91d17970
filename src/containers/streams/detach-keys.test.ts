import { expect, test } from "bun:test";
import { createDetachScanner, parseDetachKeys } from "./detach-keys.ts";

const scan = (keys: string, ...chunks: string[]) => {
	const scanner = createDetachScanner(parseDetachKeys(keys));
	let passed = "";
	for (const chunk of chunks) {
		const { pass, detached } = scanner.scan(Buffer.from(chunk));
		passed += Buffer.from(pass).toString();
		if (detached) return { passed, detached };
	}
	return { passed, detached: false };
};

test("the default is ctrl-p ctrl-q, also when split over two reads", () => {
	expect(scan("", "ab\x10\x11cd")).toEqual({ passed: "ab", detached: true });
	expect(scan("", "ab\x10", "\x11cd")).toEqual({ passed: "ab", detached: true });
});

test("a beginning that goes on differently is passed on", () => {
	expect(scan("", "a\x10b")).toEqual({ passed: "a\x10b", detached: false });
	expect(scan("", "\x10\x10\x11")).toEqual({ passed: "\x10", detached: true });
});

test("other sequences, and what is none", () => {
	expect(scan("a,ctrl-c", "xa\x03")).toEqual({ passed: "x", detached: true });
	expect(Buffer.from(parseDetachKeys("ctrl-@,ctrl-[,ctrl-_")).toString("hex")).toBe("001b1f");
	expect(() => parseDetachKeys("ctrl-foo")).toThrow("Invalid detach keys (ctrl-foo) provided");
});
