import { expect, test } from "bun:test";
import { constants } from "node:os";
import { parseSignal, signalName } from "./signal.ts";

test("names and numbers", () => {
	expect(parseSignal("9")).toBe(9);
	expect(parseSignal("kill")).toBe(9);
	expect(parseSignal("SIGTERM")).toBe(15);
	expect(parseSignal("sigrtmin+3")).toBe(37);
	expect(parseSignal("RTMAX-14")).toBe(50);
	expect(parseSignal("RTMAX")).toBe(64);
	expect(signalName(6)).toBe("SIGABRT");
	expect(signalName(34)).toBe("SIGRTMIN");
	expect(signalName(200)).toBe("200");
});

test("the table is this kernel's", () => {
	for (const [name, number] of Object.entries(constants.signals)) expect(parseSignal(name)).toBe(number);
});

test("refusals", () => {
	expect(() => parseSignal("FOO")).toThrow("invalid signal: FOO");
	expect(() => parseSignal("0")).toThrow("invalid signal: 0");
	expect(() => parseSignal("")).toThrow("invalid signal: ");
	expect(() => parseSignal("SIGSIGTERM")).toThrow("invalid signal: SIGSIGTERM");
	expect(() => parseSignal("99")).toThrow("the linux daemon does not support signal 99");
	expect(() => parseSignal("-9")).toThrow("does not support signal -9");
});
