import { expect, test } from "bun:test";
import type { Field } from "../session/index.ts";
import { parseGuestProcesses } from "./guest-processes.ts";
import { parseGuestStats } from "./guest-stats.ts";

test("readings from inside are those of a container", () => {
	const stats = parseGuestStats([
		["cpu-usage-usec", "1500"],
		["cpu-user-usec", "1000"],
		["cpu-system-usec", "500"],
		["memory-current", "4096"],
		["memory-max", "max"],
		["memory-stat", "anon 2048"],
		["pids-current", "3"],
		["pids-max", "max"],
		["io", "254:0 rbytes=512 wbytes=1024 rios=1 wios=2 dbytes=0 dios=0"],
		["interface", "lo"],
		["rx-bytes", "9"],
		["interface", "eth0"],
		["rx-bytes", "7"],
		["tx-packets", "2"],
		["mem-total", "500000000"],
	]);
	expect(stats.cpu).toMatchObject({ totalNanos: 1_500_000, userNanos: 1_000_000, systemNanos: 500_000 });
	expect(stats.memory).toMatchObject({ usageBytes: 4096, limitBytes: 500_000_000, stat: { anon: 2048 } });
	expect(stats.pids).toEqual({ current: 3, limit: 0 });
	expect(stats.blkio).toEqual([
		{ major: 254, minor: 0, op: "read", bytes: 512, ios: 1 },
		{ major: 254, minor: 0, op: "write", bytes: 1024, ios: 2 },
	]);
	expect(Object.keys(stats.networks)).toEqual(["eth0"]);
	expect(stats.networks["eth0"]).toMatchObject({ rxBytes: 7, txPackets: 2, rxErrors: 0 });
});

test("nonsense from a guest counts as nothing", () => {
	const stats = parseGuestStats([
		["cpu-usage-usec", "-1"],
		["memory-current", "1e9"],
		["memory-stat", "__proto__"],
		["io", "not a line"],
		["rx-bytes", "5"],
	]);
	expect(stats.cpu.totalNanos).toBe(0);
	expect(stats.memory.usageBytes).toBe(0);
	expect(stats.blkio).toEqual([]);
	expect(stats.networks).toEqual({});
});

const process: Field[] = [
	["pid", "7"],
	["ppid", "1"],
	["uid", "1000"],
	["tty", "?"],
	["start", "1700000000"],
	["cpu-ms", "1250"],
	["rss-bytes", "4096"],
	["state", "S"],
	["command", "sleep 5"],
];

test("a process is told as it stands, without what a terminal would act on", () => {
	const [found] = parseGuestProcesses(
		process.map(([key, value]) => [key, key === "command" ? "a\u001b[2Jb" : value]),
	);
	expect(found).toMatchObject({
		pid: 7,
		parentPid: 1,
		uid: 1000,
		startedAtMs: 1_700_000_000_000,
		cpuMs: 1250,
	});
	expect(found!.command).toBe("a?[2Jb");
});

test("a list that does not begin with a process is refused", () => {
	expect(() => parseGuestProcesses([["uid", "0"], ...process])).toThrow("before a pid");
	expect(() => parseGuestProcesses([["pid", "x"]])).toThrow("pid");
});
