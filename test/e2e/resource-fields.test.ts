/** What the kernel was told of each limit, read from its files on the host: at the start, and after an update. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

const timeoutMs = 60_000;
const mebibyte = 1024 * 1024;
const hierarchies = "/sys/fs/cgroup";
/** Of the two versions of control groups: the file's name without its controller is not the same in all. */
const isVersion1 = existsSync(join(hierarchies, "memory/cgroup.procs"));
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const sleep = { Image: "busybox", Cmd: ["sleep", "1000"] };

async function started(hostConfig: object): Promise<string> {
	const { json, text } = await hull.api("POST", "/containers/create", { ...sleep, HostConfig: hostConfig });
	if (json?.Id === undefined) throw new Error(text);
	await hull.ok(["start", json.Id]);
	return json.Id;
}

function kernelFile(id: string, controller: string, file: string): string {
	const folder = isVersion1 ? join(hierarchies, controller) : hierarchies;
	return readFileSync(join(folder, "hull", id, file), "utf8").trim();
}

/** A disk that can be throttled: `major:minor` and its device file. */
function disk(): { readonly path: string; readonly number: string } | undefined {
	for (const name of readdirSync("/sys/block").sort()) {
		const path = `/dev/${name}`;
		if (/^(loop|ram|zram|sr|fd)/.test(name) || !existsSync(path)) continue;
		const { rdev } = statSync(path);
		return { path, number: `${rdev >> 8}:${rdev & 0xff}` };
	}
	return undefined;
}

/** On version 2 the files have other names and forms; `src/runtime/cgroups` has tests of them on recorded trees. */
describe.if(isVersion1)("the kernel's files", () => {
	type Row = [field: string, value: number | string, controller: string, file: string, content: string];
	const rows: Row[] = [
		["CpuShares", 300, "cpu", "cpu.shares", "300"],
		["CpuPeriod", 50_000, "cpu", "cpu.cfs_period_us", "50000"],
		["CpuQuota", 25_000, "cpu", "cpu.cfs_quota_us", "25000"],
		["CpusetCpus", "0", "cpuset", "cpuset.cpus", "0"],
		["CpusetMems", "0", "cpuset", "cpuset.mems", "0"],
		["Memory", 64 * mebibyte, "memory", "memory.limit_in_bytes", String(64 * mebibyte)],
		["MemorySwap", 96 * mebibyte, "memory", "memory.memsw.limit_in_bytes", String(96 * mebibyte)],
		["MemoryReservation", 32 * mebibyte, "memory", "memory.soft_limit_in_bytes", String(32 * mebibyte)],
		["MemorySwappiness", 10, "memory", "memory.swappiness", "10"],
		["PidsLimit", 33, "pids", "pids.max", "33"],
	];
	const fields = (some: readonly Row[]) => Object.fromEntries(some.map(([field, value]) => [field, value]));
	const present = rows.filter(([, , controller, file]) => {
		// What the kernel does not have (swap accounting, for one) is warned of and left out, as Docker does.
		const anybody = join(hierarchies, controller, "hull");
		return existsSync(anybody) ? existsSync(join(anybody, file)) : true;
	});

	test("hold what was asked for at the start", async () => {
		const id = await started(fields(rows));
		for (const [field, , controller, file, content] of present)
			expect([field, kernelFile(id, controller, file)]).toEqual([field, content]);
		const { HostConfig } = (await hull.api("GET", `/containers/${id}/json`)).json;
		expect(HostConfig).toMatchObject(fields(present));
		await hull.ok(["rm", "-f", id]);
	});

	test("hold what an update asks for, at once and at the next start", async () => {
		const live = rows.filter(([field]) => !["MemorySwappiness"].includes(field));
		const id = await started({});
		const update = await hull.api("POST", `/containers/${id}/update`, fields(live));
		expect(update).toMatchObject({ status: 200 });
		const look = () => {
			for (const [field, , controller, file, content] of live.filter((row) => present.includes(row)))
				expect([field, kernelFile(id, controller, file)]).toEqual([field, content]);
		};
		look();
		await hull.ok(["restart", "-t", "0", id]);
		look();
		await hull.ok(["rm", "-f", id]);
	});

	test("NanoCpus is a quota of the period", async () => {
		const id = await started({ NanoCpus: 1.5e9 });
		expect(kernelFile(id, "cpu", "cpu.cfs_quota_us")).toBe("150000");
		expect(kernelFile(id, "cpu", "cpu.cfs_period_us")).toBe("100000");
		await hull.ok(["update", "--cpus", "0.5", id]);
		expect(kernelFile(id, "cpu", "cpu.cfs_quota_us")).toBe("50000");
		await hull.ok(["rm", "-f", id]);
	});

	test("OomKillDisable", async () => {
		const id = await started({ Memory: 64 * mebibyte, OomKillDisable: true });
		expect(kernelFile(id, "memory", "memory.oom_control")).toContain("oom_kill_disable 1");
		await hull.ok(["rm", "-f", id]);
	});

	test("BlkioDeviceReadBps and its like throttle a disk", async () => {
		const { path: Path, number } = disk()!;
		const id = await started({
			BlkioDeviceReadBps: [{ Path, Rate: 1_000_000 }],
			BlkioDeviceWriteBps: [{ Path, Rate: 2_000_000 }],
			BlkioDeviceReadIOps: [{ Path, Rate: 10 }],
			BlkioDeviceWriteIOps: [{ Path, Rate: 20 }],
		});
		const throttle = (what: string) => kernelFile(id, "blkio", `blkio.throttle.${what}_device`);
		expect(throttle("read_bps")).toBe(`${number} 1000000`);
		expect(throttle("write_bps")).toBe(`${number} 2000000`);
		expect(throttle("read_iops")).toBe(`${number} 10`);
		expect(throttle("write_iops")).toBe(`${number} 20`);
		await hull.ok(["rm", "-f", id]);
	});

	test("Devices and DeviceCgroupRules let through what they name, and nothing else", async () => {
		const Devices = [
			{ PathOnHost: "/dev/loop-control", PathInContainer: "/dev/mine", CgroupPermissions: "r" },
		];
		const id = await started({ Devices, DeviceCgroupRules: ["c 10:200 rw"] });
		const list = kernelFile(id, "devices", "devices.list").split("\n");
		expect(list).toContain("c 10:237 r");
		expect(list).toContain("c 10:200 rw");
		expect(list).not.toContain("a *:* rwm");
		const script = "dd if=/dev/mine count=0 && ! dd if=/dev/zero of=/dev/mine count=0";
		await hull.ok(["exec", id, "sh", "-c", script]);
		const others = "mknod /dev/tun c 10 200 && dd if=/dev/tun count=0; mknod /dev/mem c 1 1; cat /dev/mem";
		const { stderr } = await hull.docker(["exec", id, "sh", "-c", others]);
		expect(stderr).toContain("can't open '/dev/mem': Operation not permitted");
		expect(stderr).not.toContain("/dev/tun': Operation not permitted");
		await hull.ok(["rm", "-f", id]);
	});

	test("what the kernel does not have is left out, and the answer warns of it", async () => {
		const weights = { BlkioWeight: 300, BlkioWeightDevice: [{ Path: disk()!.path, Weight: 300 }] };
		const { json } = await hull.api("POST", "/containers/create", { ...sleep, HostConfig: weights });
		const has = existsSync(join(hierarchies, "blkio/hull/blkio.weight"));
		const warnings = has
			? []
			: [expect.stringContaining("Block I/O weight"), expect.stringContaining("weight_device")];
		expect(json.Warnings).toEqual(warnings);
		await hull.ok(["start", json.Id]);
		await hull.ok(["rm", "-f", json.Id]);
	});

	test("CpuRealtimePeriod and CpuRealtimeRuntime are more than their parent has: the kernel's own refusal", async () => {
		for (const field of ["CpuRealtimeRuntime", "CpuRealtimePeriod"]) {
			const { status, json } = await hull.api("POST", "/containers/create", {
				...sleep,
				HostConfig: { CpuRealtimePeriod: 1_000_000, CpuRealtimeRuntime: 950_000, [field]: 2_000_000 },
			});
			if (status !== 201) {
				expect([status, json.message]).toEqual([400, expect.stringMatching(/real-?time/i)]);
				continue;
			}
			const start = await hull.api("POST", `/containers/${json.Id}/start`);
			expect([start.status, start.json?.message]).not.toEqual([204, undefined]);
			await hull.ok(["rm", "-f", json.Id]);
		}
	});
});

test("StorageOpt of a process container is its size or is refused by name", async () => {
	const { status, json } = await hull.api("POST", "/containers/create", {
		...sleep,
		HostConfig: { StorageOpt: { nonsense: "1" } },
	});
	expect(status).toBe(400);
	expect(json.message).toMatch(/StorageOpt|storage-opt|storage option/i);
});

test("CgroupParent is above its control group, and stays the user's", async () => {
	const id = await started({ CgroupParent: "/hull-fields" });
	const { State } = (await hull.api("GET", `/containers/${id}/json`)).json;
	expect(readFileSync(`/proc/${State.Pid}/cgroup`, "utf8")).toContain(`:/hull-fields/${id}`);
	await hull.ok(["rm", "-f", id]);
	await eventually(() => {
		for (const folder of [hierarchies, ...readdirSync(hierarchies).map((name) => join(hierarchies, name))]) {
			const parent = join(folder, "hull-fields");
			if (existsSync(parent)) rmdirSync(parent);
		}
	});
});
