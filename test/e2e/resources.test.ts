import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createCgroups } from "../../src/runtime/index.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

const cgroups = createCgroups();
const { layout } = cgroups;
const { cpuCount, canLimitSwap } = cgroups.facts();
const mebibyte = 2 ** 20;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

/** Option of `docker run`, the kernel's file, and what is in it. */
type Case = readonly [option: readonly string[], controller: string, file: string, content: string];
const disk = blockDevice();
const limits: readonly Case[] = [
	[["--memory", "64m"], "memory", "memory.limit_in_bytes", String(64 * mebibyte)],
	[["--memory-swap", "96m"], "memory", "memory.memsw.limit_in_bytes", String(96 * mebibyte)],
	[["--memory-reservation", "32m"], "memory", "memory.soft_limit_in_bytes", String(32 * mebibyte)],
	[["--memory-swappiness", "30"], "memory", "memory.swappiness", "30"],
	[["--oom-kill-disable"], "memory", "memory.oom_control", "oom_kill_disable 1"],
	[["--cpu-shares", "512"], "cpu", "cpu.shares", "512"],
	[["--cpu-quota", "25000"], "cpu", "cpu.cfs_quota_us", "25000"],
	[["--cpu-period", "50000"], "cpu", "cpu.cfs_period_us", "50000"],
	[["--cpuset-cpus", "0"], "cpuset", "cpuset.cpus", "0"],
	[["--cpuset-mems", "0"], "cpuset", "cpuset.mems", "0"],
	[["--pids-limit", "33"], "pids", "pids.max", "33"],
	...(disk === undefined
		? []
		: ([
				[
					["--device-read-bps", `${disk.path}:1mb`],
					"blkio",
					"blkio.throttle.read_bps_device",
					`${disk.id} 1048576`,
				],
				[
					["--device-write-bps", `${disk.path}:2mb`],
					"blkio",
					"blkio.throttle.write_bps_device",
					`${disk.id} 2097152`,
				],
				[
					["--device-read-iops", `${disk.path}:100`],
					"blkio",
					"blkio.throttle.read_iops_device",
					`${disk.id} 100`,
				],
				[
					["--device-write-iops", `${disk.path}:200`],
					"blkio",
					"blkio.throttle.write_iops_device",
					`${disk.id} 200`,
				],
			] satisfies Case[])),
];

const lastCpu = String(cpuCount - 1);
const updates: readonly Case[] = [
	[["--memory", "128m"], "memory", "memory.limit_in_bytes", String(128 * mebibyte)],
	[["--memory-swap", "160m"], "memory", "memory.memsw.limit_in_bytes", String(160 * mebibyte)],
	[["--memory-reservation", "48m"], "memory", "memory.soft_limit_in_bytes", String(48 * mebibyte)],
	[["--cpu-shares", "256"], "cpu", "cpu.shares", "256"],
	[["--cpu-quota", "30000"], "cpu", "cpu.cfs_quota_us", "30000"],
	[["--cpu-period", "60000"], "cpu", "cpu.cfs_period_us", "60000"],
	[["--cpuset-cpus", lastCpu], "cpuset", "cpuset.cpus", lastCpu],
	[["--pids-limit", "44"], "pids", "pids.max", "44"],
];
const onlyFirst = (cases: readonly Case[]) => cases.flatMap(([option]) => option);

describe.skipIf(layout.version !== 1 || !canLimitSwap)(
	"limits, as the kernel's files on cgroup v1 show them",
	() => {
		test("all at once, changed while it runs and while it is stopped, and kept over a restart", async () => {
			await hull.ok([
				...["run", "-d", "--name", "limited", "--oom-score-adj", "900", "--shm-size", "8m"],
				...["--ulimit", "nofile=100:200", ...onlyFirst(limits), "busybox", "sleep", "1000"],
			]);
			await expectFiles(limits);
			expect(
				await hull.ok(["exec", "limited", "sh", "-c", "ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1"]),
			).toMatch(/^100\n200\nshm +8192 /);
			expect(readFileSync(`/proc/${await initPid()}/oom_score_adj`, "utf8")).toBe("900\n");

			await hull.ok(["update", ...onlyFirst(updates), "--restart", "on-failure:3", "limited"]);
			await expectFiles(updates);
			await hull.ok(["stop", "-t", "0", "limited"]);
			await hull.ok(["update", "--cpu-shares", "128", "limited"]);
			await hull.ok(["start", "limited"]);
			await expectFiles([
				...updates.filter(([, , file]) => file !== "cpu.shares"),
				[[], "cpu", "cpu.shares", "128"],
				...limits.filter(([, controller]) => controller === "blkio"),
			]);
			const { HostConfig } = (await hull.api("GET", "/containers/limited/json")).json;
			expect(HostConfig.RestartPolicy).toEqual({ Name: "on-failure", MaximumRetryCount: 3 });
			await hull.ok(["rm", "-f", "limited"]);
		});

		test("half a CPU, and swap of as much again as memory where nothing is said", async () => {
			await hull.ok([
				"run",
				"-d",
				"--name",
				"limited",
				"--cpus",
				"0.5",
				"-m",
				"32m",
				"busybox",
				"sleep",
				"1000",
			]);
			await expectFiles([
				[[], "cpu", "cpu.cfs_quota_us", "50000"],
				[[], "cpu", "cpu.cfs_period_us", "100000"],
				[[], "memory", "memory.memsw.limit_in_bytes", String(64 * mebibyte)],
			]);
			await hull.ok(["update", "--cpus", "0.75", "limited"]);
			await expectFiles([[[], "cpu", "cpu.cfs_quota_us", "75000"]]);
			const refused = await hull.docker(["update", "--memory", "128m", "limited"]);
			expect(refused.stderr).toContain("Memory limit should be smaller than already set memoryswap limit");
			await hull.ok(["rm", "-f", "limited"]);
		});

		async function expectFiles(cases: readonly Case[]): Promise<void> {
			const groups = readFileSync(`/proc/${await initPid()}/cgroup`, "utf8").split("\n");
			const found = cases.map(([, controller, file]) => {
				const group = groups
					.map((line) => line.split(":"))
					.find(([, names]) => names?.split(",").includes(controller));
				const folder = join(layout.hierarchies.get(controller)!.mountpoint, group![2]!);
				return `${file}: ${readFileSync(join(folder, file), "utf8").split("\n")[0]}`;
			});
			expect(found).toEqual(cases.map(([, , file, content]) => `${file}: ${content}`));
		}
	},
);

test("CPU time of real-time programs that the kernel cannot give is refused when it is asked for", async () => {
	const { stderr } = await hull.docker([
		...["run", "--rm", "--cpu-rt-period", "100000", "--cpu-rt-runtime", "200000", "busybox", "true"],
	]);
	expect(stderr).toMatch(
		/cpu real-time runtime cannot be higher than cpu real-time period|does not support CPU real-time/,
	);
});

async function initPid(): Promise<number> {
	let pid = 0;
	await eventually(async () => {
		pid = (await hull.api("GET", "/containers/limited/json")).json.State.Pid;
		expect(pid).toBeGreaterThan(0);
	});
	return pid;
}

/** A disk that can be throttled: the first one that has a queue of its own. */
function blockDevice(): { path: string; id: string } | undefined {
	for (const line of readFileSync("/proc/partitions", "utf8").split("\n").slice(2)) {
		const [major, minor, , name] = line.trim().split(/\s+/);
		if (name !== undefined && /^(vd[a-z]|sd[a-z]|nvme\d+n\d+)$/.test(name))
			return { path: `/dev/${name}`, id: `${major}:${minor}` };
	}
	return undefined;
}
