import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report, Subject } from "../../../compare/index.ts";
import { reportPage } from "./page.ts";
import { reportTable } from "./table.ts";

const spread = (median: number) => ({ median, min: median, max: median, samples: [median] });

const process: Subject = {
	hull: "process",
	kernel: { release: "6.18.0", shared: true },
	cpuModel: "A processor",
	start: { firstMs: 60, warm: spread(50) },
	command: { kind: "ended", exitCode: 0, ms: spread(70) },
	walls: [
		{ name: "kernel", verdict: "host", detail: "6.18.0" },
		{ name: "module", verdict: "denied", detail: "EPERM" },
	],
	work: { integer: { units: 1e9, ms: 1000, perSecond: 1e9 } },
};
const vm: Subject = {
	hull: "vm",
	kernel: { release: "6.1.0", shared: false },
	start: { firstMs: 2000, warm: spread(500) },
	walls: [
		{ name: "kernel", verdict: "own", detail: "6.1.0" },
		{ name: "module", verdict: "own", detail: "allowed" },
	],
	failure: "<script>alert(1)</script>",
};
const report: Report = {
	version: 1,
	takenAt: "2026-11-24T10:00:00.000Z",
	image: { reference: 'a"><img src=x>', id: "sha256:00", sizeBytes: 1_980_000 },
	command: ["sh", "-c", "echo '<b>'"],
	host: {
		KernelRelease: "6.18.0",
		BootId: "b",
		UptimeSeconds: 100,
		MemoryTotalBytes: 2 ** 34,
		MemoryAvailableBytes: 2 ** 33,
		KernelMemoryBytes: 2 ** 27,
		CpuCount: 2,
		CpuModel: "A processor",
		Processes: 90,
		EnginePssBytes: 2 ** 25,
	},
	machines: { accelerator: "tcg", qemuVersion: "7.2.22", kernelVersion: "6.1.0" },
	runs: 5,
	count: 4,
	subjects: [process, vm],
	notes: ["a & b"],
	choices: [{ need: "untrusted", hull: "vm", because: ["fewer <things>"] }],
};

test("the table has a column for each hull; the longest bar is the row's largest", () => {
	const lines = reportTable(report, { color: false }).split("\n");
	const line = (start: string) => lines.find((text) => text.startsWith(`  ${start}`));
	assert.match(
		line("start again (median of 5)")!,
		/^ {2}start again \(median of 5\) +50 ms +█▋ +500 ms +█{16}$/,
	);
	assert.match(line("load a kernel module")!, /no \(EPERM\) +yes, its own$/);
	assert.match(line("computing")!, /1,000 M\/s +█{16} +-$/);
	assert.ok(lines.includes("vm was not measured to the end: <script>alert(1)</script>"));
	assert.ok(lines.includes("  untrusted: vm"));
	assert.ok(lines.every((text) => !text.includes("\u001b")));
	assert.ok(reportTable(report, { color: true }).includes("\u001b[33mthe host's: 6.18.0"));
});

test("what comes from images and machines is text in the page, never markup", () => {
	const page = reportPage(report);
	assert.ok(!page.includes("<script") && !page.includes("<img") && !page.includes("<b>"));
	assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
	assert.ok(page.includes("<h1>a&quot;&gt;&lt;img src=x&gt;</h1>"));
	assert.ok(page.includes("fewer &lt;things&gt;") && page.includes("<li>a &amp; b</li>"));
});

test("a hull that was not measured has its place in each plot", () => {
	const page = reportPage(report);
	const plot = page.match(/<svg [^>]*aria-label="computing[\s\S]*?<\/svg>/)![0];
	assert.match(plot, /process 1,000 M\/s, virtual machine not measured/);
	assert.match(plot, />not measured<\/text>/);
});
