import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFindings, readTimedLines } from "./findings.ts";

const lines = (...texts: string[]) => texts.map((text, index) => ({ text, atMs: index * 100 }));

test("facts, checks and work, timed by when their lines came", () => {
	const { facts, checks, work } = parseFindings(
		lines(
			"fact\tboot-id\tabc",
			"check\tbpf\tEPERM",
			"check\tclock\tallowed",
			"begin\tinteger",
			"end\tinteger\t500",
		),
	);
	assert.deepEqual([...facts], [["boot-id", "abc"]]);
	assert.deepEqual(
		[...checks],
		[
			["bpf", "EPERM"],
			["clock", "allowed"],
		],
	);
	assert.deepEqual([...work], [["integer", { units: 500, ms: 100, perSecond: 5000 }]]);
});

test("a value cannot steer the terminal that it is shown on", () => {
	const { facts } = parseFindings(lines("fact\tcpu-model\t\u001b[2J\u202eevil"));
	assert.equal(facts.get("cpu-model"), " [2J evil");
});

test("work that failed says why", () => {
	assert.throws(() => parseFindings(lines("begin\tdisk-write", "failed\tdisk-write\tENOSPC")), {
		code: "runtime_failed",
		message: "the probe's disk-write failed: ENOSPC",
	});
});

test("what the probe never says is refused", () => {
	const wrong = [
		"hello",
		"fact\tA name\tx",
		"fact\tboot-id\ta\tb",
		"check\tbpf\tperhaps",
		"end\tinteger\t5",
		"end\tunknown-work\t5",
		"begin\tinteger\nend",
	];
	for (const text of wrong) assert.throws(() => parseFindings(lines(text)), { code: "corrupt" }, text);
	assert.throws(() => parseFindings(lines("begin\tinteger", "end\tinteger\t-1")), { code: "corrupt" });
});

test("lines are put together across chunks, and endless output is given up", async () => {
	async function* chunks(...texts: string[]) {
		for (const text of texts) yield Buffer.from(text);
	}
	const read = await readTimedLines(chunks("fact\tboo", "t-id\tx\nfa", "ct\ta\tb\nrest"));
	assert.deepEqual(
		read.map(({ text }) => text),
		["fact\tboot-id\tx", "fact\ta\tb"],
	);
	const endless = readTimedLines(chunks(...Array.from({ length: 100 }, () => "x".repeat(1000))));
	await assert.rejects(endless, { code: "corrupt" });
});
