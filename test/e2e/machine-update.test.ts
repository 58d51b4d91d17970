/** Limits of containers of isolation vm, changed while they run. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

const timeoutMs = 120_000;
const mib = 2 ** 20;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	const run = "run -d --isolation vm -m 180m --cpus 0.5 --name sized busybox sleep 10000".split(" ");
	await hull.ok(run, { timeoutMs });
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const look = (script: string) => hull.ok(["exec", "sized", "sh", "-c", script], { timeoutMs });
const limits = async () =>
	(await look("cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max")).trimEnd().split("\n");
const inspect = async () => (await hull.api("GET", "/containers/sized/json")).json;

/** How much of the host's CPUs its QEMU may have, in each 100 ms. */
async function cpuMicrosOutside(): Promise<string> {
	const { Id: id } = await inspect();
	const paths = [`cpu/hull/${id}/cpu.cfs_quota_us`, `hull/${id}/cpu.max`];
	const path = paths.map((one) => join("/sys/fs/cgroup", one)).find(existsSync);
	return readFileSync(path!, "utf8").trim().split(" ")[0]!;
}

test(
	"down: memory that is used is given up, and the limits hold inside and out",
	async () => {
		expect(await limits()).toEqual([`${180 * mib}`, "50000 100000"]);
		await look("dd if=/dev/zero of=/file bs=1M count=140 && sync && cat /file > /dev/null");
		expect(await hull.ok(["update", "-m", "48m", "--memory-swap", "48m", "--cpus", "0.4", "sized"])).toBe(
			"sized\n",
		);
		expect(await limits()).toEqual([`${48 * mib}`, "40000 100000"]);
		expect(Number(await look("cat /sys/fs/cgroup/memory.current"))).toBeLessThanOrEqual(48 * mib);
		expect(await cpuMicrosOutside()).toBe("40000");
		expect((await inspect()).HostConfig).toMatchObject({ Memory: 48 * mib, NanoCpus: 400_000_000 });
	},
	timeoutMs,
);

test(
	"up: within the machine at once, beyond it as far as it goes, and all of it at the next start",
	async () => {
		expect(await hull.ok(["update", "-m", "190m", "--memory-swap", "190m", "--cpus", "1", "sized"])).toBe(
			"sized\n",
		);
		expect(await limits()).toEqual([`${190 * mib}`, "100000 100000"]);
		const said = await hull.docker(["update", "-m", "400m", "--memory-swap", "400m", "--cpus", "2", "sized"]);
		expect(said.code).toBe(0);
		expect(said.stdout + said.stderr).toContain("its memory limit is 192 MiB until it is started again");
		expect(said.stdout + said.stderr).toContain("was started with 1 CPU(s)");
		expect(await limits()).toEqual([`${192 * mib}`, "200000 100000"]);
		expect((await inspect()).HostConfig).toMatchObject({ Memory: 400 * mib, NanoCpus: 2_000_000_000 });
		await hull.ok(["restart", "-t", "0", "sized"], { timeoutMs });
		expect(await limits()).toEqual([`${400 * mib}`, "200000 100000"]);
		expect(await look("nproc")).toBe("2\n");
	},
	timeoutMs,
);

test(
	"a paused machine says that it changes nothing",
	async () => {
		await hull.ok(["pause", "sized"]);
		const { stderr } = await hull.docker(["update", "-m", "100m", "--memory-swap", "100m", "sized"]);
		expect(stderr).toContain("is a paused machine: unpause it first");
		await hull.ok(["update", "--restart", "always", "sized"]);
		await hull.ok(["unpause", "sized"]);
	},
	timeoutMs,
);
