import { expect, test } from "bun:test";
import { fitUpdate } from "./fit-update.ts";

const mib = 2 ** 20;
const size = { memoryBytes: 256 * mib, cpus: 2 };

test("what fits is as it was asked for", () => {
	const resources = {
		memory: { limit: 192 * mib, swap: 384 * mib },
		cpu: { quota: 200_000, period: 100_000 },
	};
	expect(fitUpdate(resources, size)).toEqual({ resources, warnings: [] });
	expect(fitUpdate({ cpu: { quota: -1 }, memory: { limit: -1 } }, size).warnings).toEqual([]);
	expect(fitUpdate({ pids: { limit: 5 } }, size)).toEqual({
		resources: { pids: { limit: 5 } },
		warnings: [],
	});
});

test("memory beyond the machine's is cut, and said to come at the next start", () => {
	expect(fitUpdate({ memory: { limit: 1024 * mib, swap: 2048 * mib, reservation: mib } }, size)).toEqual({
		resources: { memory: { limit: 192 * mib, swap: 1216 * mib, reservation: mib } },
		warnings: [
			"The machine was started with 256 MiB: its memory limit is 192 MiB until it is started again.",
		],
	});
	expect(fitUpdate({ memory: { limit: 1024 * mib, swap: -1 } }, size).resources).toEqual({
		memory: { limit: 192 * mib, swap: -1 },
	});
});

test("CPUs beyond the machine's are said to come at the next start", () => {
	expect(fitUpdate({ cpu: { quota: 250_000, period: 100_000 } }, size).warnings).toEqual([
		"The machine was started with 2 CPU(s): it has no more until it is started again.",
	]);
});
