import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseFor, needNames } from "./needs.ts";
import type { Subject, Wall } from "./report.ts";

const walls = (verdict: Wall["verdict"]): Wall[] => [
	{ name: "module", verdict, detail: verdict === "denied" ? "EPERM" : "allowed" },
	{ name: "core-pattern", verdict: "denied", detail: "EROFS" },
];
const spread = (median: number) => ({ median, min: median, max: median, samples: [median] });
const memory = (furtherBytes: number) => ({
	of: "probe" as const,
	oneBytes: furtherBytes,
	supervisorBytes: 0,
	count: 1,
	allBytes: furtherBytes,
	furtherBytes,
	kernelBytes: 0,
	fits: Math.floor(2 ** 30 / furtherBytes),
});

const process: Subject = {
	hull: "process",
	kernel: { release: "6.18.0", shared: true },
	start: { firstMs: 60, warm: spread(50) },
	memory: memory(2 ** 20),
	walls: [...walls("denied"), { name: "keys", verdict: "host", detail: "allowed" }],
	work: { integer: { units: 1e9, ms: 1000, perSecond: 1e9 } },
};
const vm: Subject = {
	hull: "vm",
	kernel: { release: "6.1.0", shared: false },
	start: { firstMs: 1900, warm: spread(500) },
	memory: memory(64 * 2 ** 20),
	walls: [...walls("own"), { name: "keys", verdict: "own", detail: "allowed" }],
	work: { integer: { units: 1e8, ms: 1000, perSecond: 1e8 } },
};

test("each need goes to the hull that answers it, with the figures that say so", () => {
	const chosen = Object.fromEntries(needNames.map((need) => [need, chooseFor(need, [process, vm]).hull]));
	assert.equal(chosen["untrusted"], "vm");
	assert.equal(chosen["density"], "process");
	assert.equal(chosen["start-time"], "process");
	assert.equal(chosen["compute"], "process");
	assert.equal(chosen["kernel-modules"], "vm");
	assert.deepEqual(chooseFor("density", [vm, process]).because, [
		"process adds 1 MiB for each, 1,024 fit into the memory that is available",
		"vm adds 64 MiB for each, 16 fit into the memory that is available",
	]);
	assert.deepEqual(chooseFor("kernel-modules", [process, vm]).because, [
		"process shares the host's kernel (6.18.0); to load a kernel module: refused, EPERM",
		"vm has a kernel of its own (6.1.0); to load a kernel module: allowed, on its own",
	]);
});

test("a hull that was not measured is never chosen, and said to be so", () => {
	const missing: Subject = { hull: "vm", failure: "qemu is not installed" };
	const { hull, because } = chooseFor("untrusted", [process, missing]);
	assert.equal(hull, "process");
	assert.match(because[0]!, /^process got at 1 of 3 things of the host; a hole in the kernel it shares/);
	assert.equal(because[1], "vm was not measured to the end: qemu is not installed");
	assert.equal(chooseFor("kernel-modules", [process, missing]).hull, undefined);
	assert.equal(chooseFor("disk", [missing]).hull, undefined);
});

test("a need that nobody knows names those that are known", () => {
	assert.throws(() => chooseFor("speed", []), /no need is named speed: there are untrusted, density/);
});
