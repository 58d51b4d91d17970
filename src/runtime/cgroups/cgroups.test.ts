import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createCgroups } from "./cgroups.ts";

const real = createCgroups();

/** A process in a group of our own in every v1 hierarchy, as a runtime makes it. */
describe.skipIf(real.layout.version !== 1)("v1 on this kernel", () => {
	const id = `test-${process.pid}`;
	const folders = [...new Set([...real.layout.hierarchies.values()].map((h) => h.mountpoint))]
		.filter((mountpoint) => mountpoint.startsWith("/sys/fs/cgroup/"))
		.map((mountpoint) => join(mountpoint, "hull", id));
	let child: ChildProcess;
	let pid = 0;

	beforeAll(async () => {
		child = spawn("sh", ["-c", "read line; while :; do :; done & exec sleep 1000"], {
			stdio: ["pipe", "ignore", "ignore"],
		});
		pid = child.pid!;
		for (const folder of folders) {
			mkdirSync(folder, { recursive: true });
			if (folder.includes("/cpuset/")) initCpuset(folder);
			writeFileSync(join(folder, "cgroup.procs"), String(pid));
		}
		child.stdin!.end("go\n");
		await eventually(() => expect(real.listPids(pid, id)).toHaveLength(2));
	});

	afterAll(async () => {
		const ended = new Promise((resolve) => child.once("exit", resolve));
		for (const member of real.listPids(pid, id)) process.kill(member, "SIGKILL");
		await ended;
		await eventually(() => folders.forEach(removeGroup));
	});

	test("reads what the kernel counted", async () => {
		const first = real.readStats(pid, id);
		expect(first.cgroupVersion).toBe(1);
		expect(first.pids.current).toBe(2);
		expect(first.memory.usageBytes).toBeGreaterThan(0);
		expect(first.memory.limitBytes).toBeLessThan(2 ** 50);
		expect(first.networks).toEqual({});
		// The kernel adds these up every few seconds.
		await eventually(() => expect(real.readStats(pid, id).memory.stat["total_rss"]).toBeGreaterThan(0));
		await eventually(() =>
			expect(real.readStats(pid, id).cpu.totalNanos).toBeGreaterThan(first.cpu.totalNanos),
		);
	});

	test("sets limits, whichever way they move", () => {
		const memory = (limit: number, swap?: number) =>
			real.updateResources(pid, { memory: { limit, ...(swap === undefined ? {} : { swap }) } }, id);
		const limit = () => real.readStats(pid, id).memory.limitBytes;
		memory(64 << 20, 128 << 20);
		expect(limit()).toBe(64 << 20);
		memory(256 << 20, 512 << 20);
		expect(limit()).toBe(256 << 20);
		memory(32 << 20, 32 << 20);
		expect(limit()).toBe(32 << 20);
		expect(() => memory(64 << 20)).toThrow(
			"Memory limit should be smaller than already set memoryswap limit",
		);
		memory(64 << 20, -1);
		real.updateResources(
			pid,
			{ pids: { limit: 7 }, cpu: { shares: 512, quota: 50_000, period: 100_000 } },
			id,
		);
		expect(real.readStats(pid, id).pids.limit).toBe(7);
		expect(read("cpu", "cpu.cfs_quota_us")).toBe("50000");
		expect(read("cpu", "cpu.shares")).toBe("512");
		real.updateResources(pid, { pids: { limit: -1 } }, id);
		expect(real.readStats(pid, id).pids.limit).toBe(0);
	});

	test("a limit that the kernel refuses is named", () => {
		expect(() => real.updateResources(pid, { cpu: { period: 1 } }, id)).toThrow(
			"cpu.cfs_period_us cannot be set to 1: EINVAL",
		);
	});

	test("freezes and thaws", async () => {
		await real.freeze(pid, id);
		expect(real.isFrozen(pid, id)).toBe(true);
		const frozenAt = real.readStats(pid, id).cpu.totalNanos;
		expect(real.readStats(pid, id).cpu.totalNanos).toBe(frozenAt);
		real.thaw(pid, id);
		await eventually(() => expect(real.readStats(pid, id).cpu.totalNanos).toBeGreaterThan(frozenAt));
	});

	test("no process, no oom kills", () => {
		expect(real.oomKillCount(pid, id)).toBe(0);
		expect(() => real.readStats(2 ** 30)).toThrow(`process ${2 ** 30} is gone`);
	});

	function read(controller: string, file: string): string {
		const folder = real.layout.hierarchies.get(controller)!.mountpoint;
		return readFileSync(join(folder, "hull", id, file), "utf8").trim();
	}
});

test("this host's facts", () => {
	const facts = real.facts();
	expect(facts.cpuCount).toBeGreaterThan(0);
	expect(facts.canLimitMemory).toBe(true);
	expect(facts.canLimitPids).toBe(true);
});

describe("v2 from a recorded tree", () => {
	const folder = mkdtempSync(join(tmpdir(), "hull-cgroup2-"));
	const group = "/hull/0123abcd";
	const path = join(folder, "sys/fs/cgroup", group);

	beforeAll(() => {
		record(
			"proc/self/mountinfo",
			`30 23 0:27 / ${folder}/sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n`,
		);
		record("proc/42/cgroup", `0::${group}/init.scope\n`);
		record("proc/42/net/dev", netDev);
		for (const [process, namespace] of [
			["42", "net:[2]"],
			["self", "net:[1]"],
		] as const) {
			mkdirSync(join(folder, "proc", process, "ns"), { recursive: true });
			symlinkSync(namespace, join(folder, "proc", process, "ns/net"));
		}
		for (const [file, content] of Object.entries(files)) record(`sys/fs/cgroup${group}/${file}`, content);
		record("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
		record("sys/fs/cgroup/cpuset.cpus.effective", "0-3\n");
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	const cgroups = () => createCgroups({ procRoot: join(folder, "proc") });

	test("reads all counters", () => {
		expect(cgroups().readStats(42, "0123abcd")).toMatchObject({
			cgroupVersion: 2,
			cpu: {
				totalNanos: 1_500_000,
				userNanos: 1_000_000,
				systemNanos: 500_000,
				throttling: { periods: 10, throttledPeriods: 2, throttledNanos: 3_000_000 },
			},
			memory: {
				usageBytes: 4096,
				maxUsageBytes: 8192,
				limitBytes: 67_108_864,
				failCount: 3,
				stat: { anon: 100 },
			},
			pids: { current: 3, limit: 0 },
			networks: { eth0: { rxBytes: 100, rxPackets: 2, txBytes: 300, txPackets: 4, txDropped: 7 } },
		});
		expect(cgroups().readStats(42, "0123abcd").blkio).toContainEqual({
			major: 254,
			minor: 0,
			op: "write",
			bytes: 8192,
			ios: 2,
		});
	});
	test("lists processes of groups below", () => {
		expect(cgroups().listPids(42, "0123abcd")).toEqual([42, 43]);
		expect(cgroups().oomKillCount(42, "0123abcd")).toBe(1);
	});
	test("writes limits in v2's terms", () => {
		const cpu = { shares: 512, quota: 50_000, period: 100_000 };
		cgroups().updateResources(
			42,
			{ memory: { limit: 32 << 20, swap: 64 << 20 }, cpu, pids: { limit: -1 }, blockIO: { weight: 100 } },
			"0123abcd",
		);
		const read = (file: string) => readFileSync(join(path, file), "utf8");
		expect(read("memory.max")).toBe(String(32 << 20));
		expect(read("memory.swap.max")).toBe(String(32 << 20));
		expect(read("cpu.weight")).toBe("20");
		expect(read("cpu.max")).toBe("50000 100000");
		expect(read("pids.max")).toBe("max");
		expect(read("io.weight")).toBe("default 910");
	});
	test("facts come from the controllers", () => {
		const facts = cgroups().facts();
		expect(facts).toMatchObject({
			cpus: "0-3",
			canLimitMemory: true,
			canSetSwappiness: false,
			canLimitSwap: true,
		});
	});

	function record(file: string, content: string): void {
		const target = join(folder, file);
		mkdirSync(dirname(target), { recursive: true });
		writeFileSync(target, content);
	}
});

const files = {
	"cgroup.procs": "",
	"init.scope/cgroup.procs": "43\n42\n",
	"cpu.stat":
		"usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 10\nnr_throttled 2\nthrottled_usec 3000\n",
	"cpu.max": "max 100000\n",
	"memory.current": "4096\n",
	"memory.peak": "8192\n",
	"memory.max": "67108864\n",
	"memory.events": "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n",
	"memory.stat": "anon 100\nfile 200\n",
	"pids.current": "3\n",
	"pids.max": "max\n",
	"io.stat": "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n",
};

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
  eth0:     100       2    0    0    0     0          0         0      300       4    0    7    0     0       0          0
`;

/** A cpuset takes processes only once it has CPUs and memory nodes. */
function initCpuset(folder: string): void {
	for (const group of [dirname(folder), folder]) {
		for (const file of ["cpuset.cpus", "cpuset.mems"]) {
			const value = readFileSync(join(dirname(group), file), "utf8");
			if (readFileSync(join(group, file), "utf8").trim() === "") writeFileSync(join(group, file), value);
		}
	}
}

function removeGroup(folder: string): void {
	try {
		rmdirSync(folder);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
}

async function eventually(check: () => void, timeoutMs = 5_000): Promise<void> {
	const end = Date.now() + timeoutMs;
	while (true) {
		try {
			check();
			return;
		} catch (error) {
			if (Date.now() > end) throw error;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}
}
