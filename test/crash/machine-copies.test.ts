/** The daemon is killed while it copies a machine that runs. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

const timeoutMs = 120_000;
let hull: TestDaemon;
let id: string;
beforeAll(async () => {
	hull = await startTestDaemon();
	const counting = "i=0; while :; do i=$((i+1)); echo $i > /next; mv /next /count; sleep 0.1; done";
	const run = "run -d --isolation vm -m 64m -v data:/data --name origin busybox sh -c".split(" ");
	id = (await hull.ok([...run, counting], { timeoutMs })).trim();
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const look = (name: string, script: string) => hull.ok(["exec", name, "sh", "-c", script], { timeoutMs });
const own = (...args: string[]) => hullCli(hull.socket, args, { timeoutMs });
const state = async (name: string) => (await hull.api("GET", `/containers/${name}/json`)).json?.State;

async function crashAt(failpoint: string, ...command: string[]): Promise<void> {
	await hull.stop();
	await hull.start({ failpoint });
	await own(...command).catch(() => undefined);
	await hull.ended();
	await hull.start();
}

/** It counts on, reads its layers and writes; what saved it is gone, and so is what was half made. */
async function assertAsBefore(pid: number): Promise<void> {
	expect(await state("origin")).toMatchObject({ Status: "running", Pid: pid });
	const count = async () => Number(await look("origin", "cat /count"));
	const before = await count();
	await eventually(async () => expect(await count()).toBeGreaterThan(before));
	await look(
		"origin",
		"echo 3 > /proc/sys/vm/drop_caches; find /bin /etc -type f -exec cat {} + > /dev/null",
	);
	await look("origin", "date > /data/now && grep -q : /data/now && grep -q ' /data 9p ' /proc/mounts");
	await look("origin", "dd if=/dev/zero of=/big bs=64k count=20 && sync && rm /big");
	for (const group of loaderGroups()) expect(existsSync(group)).toBe(false);
	expect(namesIn(join(hull.runRoot, "saves"))).toEqual([]);
	expect(existsSync(join(hull.runRoot, "containers", id, "saving"))).toBe(false);
	for (const folder of ["forks", "snapshots"]) expect(namesIn(join(hull.dataRoot, "vm", folder))).toEqual([]);
}

/** The control group of what takes the machine's memory over, in either version's hierarchy. */
function loaderGroups(): string[] {
	const hierarchies = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
	return hierarchies.map((hierarchy) => join(hierarchy, "hull", `save-${id.slice(0, 32)}`));
}

function namesIn(folder: string): string[] {
	return existsSync(folder) ? readdirSync(folder) : [];
}

const points = ["after-freeze", "after-layers-away", "while-copying", "after-copy", "after-disk"];

describe("fork", () => {
	test.each(points.map((point) => `vm.save.${point}`).concat("containers.copy.after-disk"))(
		"killed at %s: the machine runs on, nothing is left, and it can be done again",
		async (point) => {
			const { Pid: pid } = await state("origin");
			await crashAt(point, "fork", "--name", "copy", "origin");
			expect(await state("copy")).toBeUndefined();
			await assertAsBefore(pid);
			expect(await own("fork", "--name", "copy", "origin")).toMatchObject({ code: 0, stdout: "copy\n" });
			expect(Number(await look("copy", "cat /count"))).toBeGreaterThan(0);
			await hull.ok(["rm", "-f", "copy"]);
			await assertAsBefore(pid);
		},
		timeoutMs,
	);
});

describe("snapshot", () => {
	test.each(["vm.save.while-copying", "vm.save.after-disk", "containers.snapshot.before-record"])(
		"killed at %s: the machine runs on, there is no snapshot, and it can be done again",
		async (point) => {
			const { Pid: pid } = await state("origin");
			await crashAt(point, "snapshot", "create", "--name", "kept", "origin");
			expect((await own("snapshot", "ls", "-q")).stdout).toBe("");
			await assertAsBefore(pid);
			expect((await own("snapshot", "create", "--name", "kept", "origin")).code).toBe(0);
			expect((await own("snapshot", "rm", "kept")).code).toBe(0);
			await assertAsBefore(pid);
		},
		timeoutMs,
	);
});

test(
	"a machine that somebody paused stays paused",
	async () => {
		await crashAt("vm.save.while-copying", "fork", "--name", "copy", "origin");
		await hull.ok(["pause", "origin"]);
		await hull.kill();
		await hull.start();
		expect(await state("origin")).toMatchObject({ Status: "paused" });
		expect((await own("fork", "origin")).stderr).toContain("is paused, not running");
		await hull.ok(["unpause", "origin"]);
		await assertAsBefore((await state("origin")).Pid);
	},
	timeoutMs,
);

test(
	"when what takes the memory over is killed the client is told at once, and the machine runs on",
	async () => {
		const { Pid: pid } = await state("origin");
		const forked = own("fork", "--name", "copy", "origin");
		await eventually(() => {
			const loaders = loaderGroups().flatMap((group) => {
				const path = join(group, "cgroup.procs");
				return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").map(Number) : [];
			});
			expect(loaders[0]).toBeGreaterThan(0);
			expect(namesIn(join(hull.runRoot, "containers", id, "migrate"))).toEqual(["state"]);
			for (const loader of loaders) process.kill(loader, "SIGKILL");
		});
		const { code, stderr } = await forked;
		expect(code).not.toBe(0);
		expect(stderr).toMatch(/qemu/);
		await assertAsBefore(pid);
	},
	timeoutMs,
);
