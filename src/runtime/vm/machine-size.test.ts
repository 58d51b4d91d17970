import { expect, test } from "bun:test";
import { largestLimit, machineCpus, machineMemory } from "./machine-size.ts";

const mebibyte = 2 ** 20;
const host = { defaultBytes: 512 * mebibyte, memoryBytes: 24 * 1024 * mebibyte };

test("a machine holds the container's limit and its own kernel", () => {
	expect(machineMemory(0, host)).toBe(512 * mebibyte);
	expect(machineMemory(64 * mebibyte, host)).toBe(128 * mebibyte);
	expect(machineMemory(65 * mebibyte, host)).toBe(256 * mebibyte);
	expect(machineMemory(512 * mebibyte, host)).toBe(1024 * mebibyte);
	expect(largestLimit(machineMemory(300 * mebibyte, host))).toBeGreaterThanOrEqual(300 * mebibyte);
});

test("the last class is cut to what the host has", () => {
	const small = { defaultBytes: 512 * mebibyte, memoryBytes: 1500 * mebibyte };
	expect(machineMemory(1200 * mebibyte, small)).toBe(1264 * mebibyte);
	expect(() => machineMemory(1500 * mebibyte, small)).toThrow("does not fit into the host's 1500 MiB");
});

test("CPUs are whole", () => {
	expect(machineCpus(0, 1)).toBe(1);
	expect(machineCpus(0.5, 2)).toBe(1);
	expect(machineCpus(1.5, 1)).toBe(2);
	expect(() => machineCpus(65, 1)).toThrow("at most 64 CPUs");
});
