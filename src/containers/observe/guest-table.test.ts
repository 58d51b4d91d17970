import { expect, test } from "bun:test";
import { guestTable } from "./guest-table.ts";

const processes = [
	{
		pid: 1,
		parentPid: 0,
		uid: 0,
		tty: "?",
		startedAtMs: new Date(2020, 0, 2, 3, 4).getTime(),
		cpuMs: 61_000,
		residentBytes: 8192,
		state: "S",
		command: "/bin/sleep 5",
	},
];

test("ps -ef", () => {
	expect(guestTable(processes, ["-ef"])).toEqual({
		Titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
		Processes: [["root", "1", "0", "0", "Jan02", "?", "00:01:01", "/bin/sleep 5"]],
	});
});

test("ps -o takes the fields that are known", () => {
	expect(guestTable(processes, ["-o", "pid,comm,rss", "-oargs"])).toEqual({
		Titles: ["PID", "COMMAND", "RSS", "COMMAND"],
		Processes: [["1", "sleep", "8", "/bin/sleep 5"]],
	});
});

test("others are refused by their names", () => {
	expect(() => guestTable(processes, ["-o", "wchan"])).toThrow(
		"ps -o wchan: not known of a container of isolation vm",
	);
	expect(() => guestTable(processes, ["aux"])).toThrow("ps aux: not supported");
});
