import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianSystemdRootTar } from "../../scripts/images/debian-systemd.mjs";
import type { Report } from "../../src/compare/index.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

const project = new URL("../..", import.meta.url).pathname;
let engine: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-compare-"));
beforeAll(async () => {
	engine = await startTestDaemon();
}, 60_000);
afterAll(async () => {
	await engine.assertClean();
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, 60_000);

const compare = (args: readonly string[], options = {}) =>
	hullCli(
		engine.socket,
		["compare", "--isolation", "process", "--runs", "1", "--count", "2", ...args],
		options,
	);

const nothingIsLeft = async () => {
	expect((await hullCli(engine.socket, ["ps", "-aq"])).stdout).toBe("");
	expect((await hullCli(engine.socket, ["images", "-q", "hull-compare"])).stdout).toBe("");
};

test("json has what was measured, each figure above zero, and nothing is left behind", async () => {
	const { code, stdout } = await compare(["--format", "json", "busybox", "sh", "-c", "exit 3"]);
	expect(code).toBe(0);
	const report = JSON.parse(stdout) as Report;
	const [subject] = report.subjects;
	expect(subject).toMatchObject({
		hull: "process",
		kernel: { release: report.host.KernelRelease, shared: true },
	});
	expect(subject?.failure).toBeUndefined();
	expect(subject?.command).toMatchObject({ kind: "ended", exitCode: 3 });
	expect(report.command).toEqual(["sh", "-c", "exit 3"]);
	expect(Object.keys(subject!.work!)).toHaveLength(9);
	for (const { perSecond } of Object.values(subject!.work!)) expect(perSecond).toBeGreaterThan(0);
	expect(subject!.memory!.count).toBe(2);
	expect(subject!.memory!.allBytes).toBeGreaterThan(subject!.memory!.supervisorBytes);
	expect(subject!.disk!.sharedBytes).toBeGreaterThan(100_000);
	const wall = (name: string) => subject!.walls!.find((found) => found.name === name)?.verdict;
	expect(wall("kernel")).toBe("host");
	expect(wall("module")).toBe("denied");
	expect(wall("kernel-log")).toBe("denied");
	await nothingIsLeft();
});

test("a virtual machine has a kernel of its own, and gets at nothing of the host's", async () => {
	const args = [
		"compare",
		"--isolation",
		"vm",
		"--privileged",
		"--runs",
		"1",
		"--count",
		"2",
		"--format",
		"json",
	];
	const { code, stdout } = await hullCli(engine.socket, [...args, "busybox", "true"], { timeoutMs: 170_000 });
	expect(code).toBe(0);
	const { subjects, machines, host, choices } = JSON.parse(stdout) as Report;
	const [subject] = subjects;
	expect(subject?.failure).toBeUndefined();
	expect(subject?.kernel).toEqual({ release: machines!.kernelVersion, shared: false });
	expect(subject?.kernel?.release).not.toBe(host.KernelRelease);
	for (const { name, verdict } of [...subject!.walls!, ...subject!.privilegedWalls!])
		expect({ name, verdict }).not.toEqual({ name, verdict: "host" });
	expect(subject!.privilegedWalls!.find(({ name }) => name === "module")?.verdict).toBe("own");
	expect(Object.keys(subject!.work!)).toHaveLength(9);
	expect(subject!.memory!.oneBytes).toBeGreaterThan(20 * 2 ** 20);
	expect(choices.find(({ need }) => need === "kernel-modules")?.hull).toBe("vm");
	await nothingIsLeft();
}, 180_000);

test("--machine measures the image's init too, and says so where it has none", async () => {
	const tar = debianSystemdRootTar(`${project}node_modules/.cache/hull/debian-systemd.tar`);
	await hullCli(engine.socket, ["import", tar, "debian-systemd"], { timeoutMs: 120_000 });
	const args = ["compare", "--isolation", "process", "--machine", "--runs", "1", "--count", "1"];
	const asked = [...args, "--format", "json", "debian-systemd", "true"];
	const { code, stdout } = await hullCli(engine.socket, asked, { timeoutMs: 400_000 });
	expect(code).toBe(0);
	const { subjects, notes, machines } = JSON.parse(stdout) as Report;
	expect(subjects.map(({ hull, failure }) => ({ hull, failure }))).toEqual([
		{ hull: "process", failure: undefined },
		{ hull: "machine", failure: undefined },
	]);
	const [process, machine] = subjects;
	expect(machine!.kernel).toEqual({ release: machines!.kernelVersion, shared: false });
	expect(machine!.start!.warm.median).toBeGreaterThan(process!.start!.warm.median);
	expect(machine!.memory!.oneBytes).toBeGreaterThan(50 * 2 ** 20);
	expect(Object.keys(machine!.work!)).toHaveLength(9);
	for (const { name, verdict } of machine!.walls!)
		expect({ name, verdict }).not.toEqual({ name, verdict: "host" });
	expect(notes.join()).toContain("whole machine");

	const none = await hullCli(engine.socket, [...args, "busybox", "true"], { timeoutMs: 100_000 });
	expect(none).toMatchObject({ code: 0 });
	expect(none.stdout).toMatch(/process +whole machine/);
	expect(none.stdout).toContain("machine was not measured to the end: the image has no init (/sbin/init)");
	await nothingIsLeft();
}, 900_000);

test("a command that goes on is a service: its memory is what is measured", async () => {
	const { code, stdout } = await compare(["--format", "json", "busybox", "sleep", "1000"]);
	expect(code).toBe(0);
	const [subject] = (JSON.parse(stdout) as Report).subjects;
	expect(subject?.command).toEqual({ kind: "runs" });
	expect(subject?.memory?.of).toBe("command");
	await nothingIsLeft();
}, 60_000);

test("the table says everything in columns; --for chooses by one need", async () => {
	const { code, stdout, stderr } = await compare(["--for", "density", "busybox", "true"]);
	expect(code).toBe(0);
	expect(stderr).toContain("process: what it sees\n");
	expect(stdout).toMatch(/^busybox \(.*B\), command: true\n/);
	expect(stdout).toMatch(/\n {2}load a kernel module +no \(EPERM\)\n/);
	expect(stdout).toMatch(/\n {2}start again \(median of 1\) +\d+ ms +█+/);
	expect(stdout).toMatch(/\n {2}density: process\n {4}- process adds .* for each, [\d,]+ fit/);
	expect(stdout).not.toContain("untrusted:");
});

test("the page is one file without scripts or anything from outside", async () => {
	const file = join(folder, "report.html");
	const { code, stdout } = await compare(["--format", "html", "--output", file, "busybox", "echo", "<b>&"]);
	expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
	const page = readFileSync(file, "utf8");
	expect(page).toStartWith("<!doctype html>");
	expect(page).toContain("command: echo &lt;b&gt;&amp;.");
	expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
	expect(page.match(/<svg /g)!.length).toBeGreaterThan(15);
});

test("an interrupt ends it and leaves nothing", async () => {
	const args = ["compare", "--isolation", "process", "--runs", "500", "busybox", "true"];
	let pid = 0;
	const running = hullCli(engine.socket, args, {
		onStart: (started: number) => {
			pid = started;
		},
	});
	await eventually(async () => expect((await hullCli(engine.socket, ["ps", "-q"])).stdout).not.toBe(""));
	process.kill(pid, "SIGINT");
	const { code, stderr, stdout } = await running;
	expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
	expect(stderr).toEndWith("cleaning up\nthe comparison was interrupted\n");
	await nothingIsLeft();
});

test("what cannot be compared is refused by name", async () => {
	const missing = await compare(["nosuch"]);
	expect(missing.code).toBe(1);
	expect(missing.stderr).toContain("No such image: nosuch:latest");
	expect((await compare(["--for", "speed", "busybox"])).stderr).toContain(
		"unknown need: speed: there are untrusted,",
	);
	expect((await compare(["--runs", "0", "busybox"])).stderr).toContain("must be a number from 1 to 1000");
	expect((await compare(["--for", "list"])).stdout).toContain("untrusted");
	await nothingIsLeft();
});
