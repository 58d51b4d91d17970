import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fieldOf } from "../../../src/runtime/session/fields.ts";
import { encodeFrame, frameType, stream } from "../../../src/runtime/session/frame.ts";
import { eventually } from "../../support/eventually.ts";
import { containerFields, GuestMachine, type MachineDisks, makeDisks } from "../../support/guest-machine.ts";

// One machine with one container that waits for its end; each test looks into it by execs.
let folder: string;
let disks: MachineDisks;
let machine: GuestMachine;
const seccompErrnoForMkdir = [
	[0x20, 0, 0, 0],
	[0x15, 0, 1, 83],
	[0x06, 0, 0, 0x0005_0000 | 95],
	[0x06, 0, 0, 0x7fff_0000],
] as const;

beforeAll(async () => {
	folder = mkdtempSync(`${tmpdir()}/hull-guest-test-`);
	disks = makeDisks(folder, { upper: true });
	machine = await GuestMachine.boot(disks);
	await machine.request(frameType.configure, [["hostname", "first"]]);
	await machine.request(
		frameType.guestPrepare,
		containerFields(
			disks,
			["sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 1000 & wait; done"],
			[
				["cwd", "/made/here"],
				["masked-path", "/proc/kcore"],
				["masked-path", "/proc/acpi"],
				["readonly-path", "/proc/sys"],
				["sysctl", "net.ipv4.ip_unprivileged_port_start=0"],
				["sysctl", "kernel.shm_rmid_forced=1"],
				["device", "/dev/made:c:1:3:640:7:8"],
				["seccomp", base64Filter()],
				["limit-memory", 33_554_432],
				["limit-pids", 30],
				["limit-cpu-quota", 50_000],
				["limit-cpu-weight", 200],
			],
		),
	);
	const output = machine.stream(frameType.attach, [["stdout", true]]);
	await machine.request(frameType.start);
	await eventually(() => expect(output.text()).toBe("ready\n"));
});

afterAll(async () => {
	await machine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

function base64Filter(): string {
	const filter = Buffer.alloc(seccompErrnoForMkdir.length * 8);
	for (const [index, [code, jumpTrue, jumpFalse, value]] of seccompErrnoForMkdir.entries()) {
		filter.writeUInt16LE(code, index * 8);
		filter.writeUInt8(jumpTrue, index * 8 + 2);
		filter.writeUInt8(jumpFalse, index * 8 + 3);
		filter.writeUInt32LE(value, index * 8 + 4);
	}
	return filter.toString("base64");
}

async function look(script: string, fields: readonly (readonly [string, string | number | boolean])[] = []) {
	const { output, errors } = await machine.exec(["sh", "-c", script], fields);
	return output + errors;
}

test("the root is the layers, the topmost winning, with what is written kept above", async () => {
	expect(await look("cat /etc/hidden; echo new > /etc/new; cat /etc/new; grep -c overlay /proc/mounts")).toBe(
		"above\nnew\n1\n",
	);
});

test("the container has namespaces, a host name and processes of its own", async () => {
	expect(await look("hostname; cat /proc/self/cgroup; cat /proc/1/comm")).toBe("first\n0::/\nsh\n");
	await machine.request(frameType.configure, [["hostname", "second"]]);
	expect(await look("hostname")).toBe("second\n");
});

test("devices, links, masked and read-only paths, sysctls", async () => {
	expect(
		await look("stat -c '%F %a %u %g %t:%T' /dev/made; readlink /dev/stdin; echo x > /dev/null && echo null"),
	).toBe("character special file 640 7 8 1:3\n/proc/self/fd/0\nnull\n");
	expect(await look("stat -c %t:%T /proc/kcore; ls /proc/acpi | wc -l")).toBe("1:3\n0\n");
	expect(
		await look("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced"),
	).toBe("0\n1\n");
	expect(await look("echo 5 > /proc/sys/kernel/shm_rmid_forced")).toContain("Read-only file system");
});

test("the filter answers the call that it is for", async () => {
	expect(await look("mkdir /tmp/forbidden")).toContain("Operation not supported");
});

test("limits are set, read and changed", async () => {
	const limits = "cd /sys/fs/cgroup; cat memory.max pids.max cpu.max cpu.weight";
	expect(await look(limits)).toBe("33554432\n30\n50000 100000\n200\n");
	await machine.request(frameType.update, [
		["limit-pids", "max"],
		["limit-cpu-quota", "max"],
	]);
	expect(await look(limits)).toBe("33554432\nmax\nmax 100000\n200\n");
	const stats = await machine.request(frameType.stats);
	expect(fieldOf(stats, "memory-max")).toBe("33554432");
	expect(Number(fieldOf(stats, "cpu-usage-usec"))).toBeGreaterThan(0);
	expect(Number(fieldOf(stats, "mem-total"))).toBeGreaterThan(100_000_000);
});

test("an exec that takes too much memory is killed, and everybody is told", async () => {
	const { code } = await machine.exec(["sh", "-c", "a=x; while :; do a=$a$a; done"]);
	expect(code).toBe(137);
	await machine.unsolicited(frameType.oom);
});

test("streams are apart, exit codes come back, programs that are not there are named", async () => {
	expect(await machine.exec(["sh", "-c", "echo out; echo err >&2; exit 7"])).toEqual({
		code: 7,
		output: "out\n",
		errors: "err\n",
	});
	expect(machine.exec(["nope"])).rejects.toThrow('exec: "nope": executable file not found in $PATH');
	expect(machine.exec(["/nope"])).rejects.toThrow('exec: "/nope": stat /nope: no such file or directory');
	expect(machine.exec(["/etc/passwd"])).rejects.toThrow('exec: "/etc/passwd": permission denied');
	expect((await machine.exec(["sh", "-c", "kill -9 $$"])).code).toBe(137);
});

test("a user with groups, folder, limits and mask, and without capabilities", async () => {
	const user = [
		["uid", 1000],
		["gid", 1001],
		["group", 1002],
		["cwd", "/made/here"],
		["umask", "27"],
		["rlimit", "RLIMIT_NOFILE:100:200"],
		["oom-score-adj", "500"],
		["no-new-privileges", true],
		...["bounding", "effective", "permitted"].map((set) => [`cap-${set}`, 0] as const),
	] as const;
	expect(
		await look("id -u; id -g; id -G; pwd; umask; ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj", user),
	).toBe("1000\n1001\n1001 1002\n/made/here\n0027\n100\n200\n500\n");
	expect(await look("grep -E 'CapBnd|CapEff|NoNewPrivs' /proc/self/status", user)).toBe(
		"CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n",
	);
	expect(await look("echo written > /dev/stdout", user)).toBe("written\n");
});

test("the container's folder is made, an exec's is not", async () => {
	expect(await look("readlink /proc/1/cwd; stat -c '%a %u %g' /made/here")).toBe("/made/here\n755 0 0\n");
	expect(look("pwd", [["cwd", "/made/elsewhere"]])).rejects.toThrow(
		"chdir `/made/elsewhere`: No such file or directory",
	);
	expect(await look("ls /made")).toBe("here\n");
});

test("stdin reaches an exec to its end", async () => {
	const channel = machine.stream(frameType.exec, [
		["exec", "with-stdin"],
		["stdin", true],
		["stdout", true],
		["arg", "cat"],
		["env", "PATH=/bin"],
	]);
	await channel.answer(frameType.started);
	channel.write("one");
	channel.write("two");
	channel.endInput();
	await channel.answer(frameType.closed);
	expect(channel.text()).toBe("onetwo");
});

test("a terminal has the size asked for, takes another, and types its end", async () => {
	const channel = machine.stream(frameType.exec, [
		...(["terminal", "stdin", "stdout"] as const).map((key) => [key, true] as const),
		["exec", "tty"],
		["columns", 91],
		["rows", 33],
		["arg", "sh"],
		["arg", "-c"],
		["arg", "tty; stty size; read line; stty size; cat; echo done"],
		["env", "PATH=/bin"],
	]);
	await eventually(() => expect(channel.text()).toMatch(/\/dev\/pts\/\d+\r\n33 91\r\n/));
	await machine.request(frameType.resize, [
		["exec", "tty"],
		["columns", 100],
		["rows", 40],
	]);
	channel.write("\n");
	await eventually(() => expect(channel.text()).toContain("40 100\r\n"));
	channel.endInput();
	await channel.answer(frameType.closed);
	expect(channel.text()).toEndWith("done\r\n");
});

test("an exec that is not read blocks no other, and loses nothing", async () => {
	const slow = machine.stream(frameType.exec, [
		["exec", "slow"],
		["stdout", true],
		["arg", "head"],
		["arg", "-c"],
		["arg", "4000000"],
		["arg", "/dev/zero"],
		["env", "PATH=/bin"],
	]);
	slow.takes = false;
	await eventually(() => expect(Buffer.concat(slow.output[stream.stdout]!).length).toBeGreaterThan(200_000));
	expect((await machine.exec(["true"])).code).toBe(0);
	slow.giveCredit();
	await slow.answer(frameType.closed);
	expect(Buffer.concat(slow.output[stream.stdout]!).length).toBe(4_000_000);
});

test("processes are listed with the numbers of the machine", async () => {
	const fields = await machine.request(frameType.processes);
	expect(
		fields.filter(([key]) => key === "command").some(([, value]) => value.startsWith("sh -c trap")),
	).toBeTrue();
	expect(fields.slice(0, 9).map(([key]) => key)).toEqual([
		...["pid", "ppid", "uid", "tty", "start", "cpu-ms", "rss-bytes", "state", "command"],
	]);
});

test("what a request asks wrongly is refused by name, and the guest serves on", async () => {
	expect(machine.request(frameType.guestPrepare, [])).rejects.toThrow("the task is prepared already");
	expect(machine.request(frameType.start)).rejects.toThrow("the container was started already");
	expect(machine.request(frameType.configure, [["colour", "red"]])).rejects.toThrow("unknown field colour");
	expect(machine.request(frameType.configure, [["seed", "xyz"]])).rejects.toThrow(
		"invalid value of field seed",
	);
	expect(machine.request(frameType.signal, [["signal", 99]])).rejects.toThrow(
		"invalid value of field signal",
	);
	expect(machine.request(frameType.wait, [["exec", "none"]])).rejects.toThrow("no such exec: none");
	expect(machine.request(frameType.prepare)).rejects.toThrow("a guest is prepared by GUEST_PREPARE");
	expect(
		machine.request(frameType.configure, [
			["interface", "net3"],
			["nic", 3],
			["address", "1.2.3"],
		]),
	).rejects.toThrow("cannot add the address 1.2.3");
	machine.send(encodeFrame(frameType.data, 4711, Buffer.from("nobody")));
	expect((await machine.exec(["true"])).code).toBe(0);
});

test("interfaces get name, address, route and MTU, others in their place, and go", async () => {
	const card = [
		["interface", "eth0"],
		["nic", 0],
		["mac", "02:42:ac:11:00:02"],
		["mtu", 1400],
	] as const;
	await machine.request(frameType.configure, [
		...card,
		["address", "10.1.2.3/24"],
		["gateway", "10.1.2.1"],
		["address", "fd00::3/64"],
	]);
	expect(await look("ip addr show eth0; ip route")).toMatch(
		/mtu 1400[\s\S]*02:42:ac:11:00:02[\s\S]*10\.1\.2\.3\/24 brd 10\.1\.2\.255[\s\S]*fd00::3\/64[\s\S]*default via 10\.1\.2\.1 dev eth0/,
	);
	expect(await look("cat /proc/sys/net/ipv6/conf/eth0/accept_ra")).toContain("0");
	await machine.request(frameType.configure, [...card, ["address", "10.9.9.9/16"]]);
	const after = await look("ip addr show eth0; ip route");
	expect(after).toContain("10.9.9.9/16");
	expect(after).not.toContain("10.1.2.3");
	expect(after).not.toContain("default");
	await machine.request(frameType.configure, [
		["interface", "eth0"],
		["nic", 0],
		["down", true],
	]);
	expect(await look("ip addr show up")).not.toContain("eth0");
});

test("time and randomness are what the supervisor says", async () => {
	await machine.request(frameType.configure, [
		["time", "4000000000000000000"],
		["seed", "00".repeat(64)],
	]);
	expect(Number(await look("date +%s"))).toBeGreaterThanOrEqual(4_000_000_000);
	await machine.request(frameType.configure, [["time", (BigInt(Date.now()) * 1_000_000n).toString()]]);
});

test("frozen, the guest is silent and its disk at rest; then it goes on", async () => {
	const channel = machine.stream(frameType.exec, [
		["exec", "ticking"],
		["stdout", true],
		["arg", "sh"],
		["arg", "-c"],
		["arg", "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; echo $i > /tmp/count; done"],
		["env", "PATH=/bin"],
	]);
	await eventually(() => expect(channel.text()).toContain("\n20\n"));
	await machine.request(frameType.freeze, [["on", true]]);
	const frozen = channel.text();
	const waiting = machine.request(frameType.state);
	expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 300, "silent"))])).toBe(
		"silent",
	);
	expect(channel.text()).toBe(frozen);
	await machine.request(frameType.freeze, []);
	await channel.answer(frameType.closed);
	expect(channel.text()).toEndWith("\n400\n");
	expect(fieldOf(await waiting, "status")).toBe("running");
});

test("another supervisor takes over with a second greeting: processes run on", async () => {
	const before = machine.stream(frameType.exec, [
		["exec", "survivor"],
		["stdout", true],
		["arg", "sleep"],
		["arg", "1000"],
		["env", "PATH=/bin"],
	]);
	await before.answer(frameType.started);
	await machine.request(frameType.freeze, [["on", true]]);
	const hello = await machine.greet();
	expect(fieldOf(hello, "supervisor")).toBe("guest");
	expect(fieldOf(hello, "version")).toBe("3");
	const state = await machine.request(frameType.state);
	expect(fieldOf(state, "status")).toBe("running");
	expect(state.some(([key, value]) => key === "exec" && value === "survivor")).toBeTrue();
	await machine.request(frameType.signal, [
		["exec", "survivor"],
		["signal", 15],
	]);
	expect(fieldOf(await machine.request(frameType.wait, [["exec", "survivor"]]), "exit-code")).toBe("143");
	expect(await look("echo works > /tmp/works && cat /tmp/works")).toBe("works\n");
});

test("the end: its code is told, the disk is whole, and the machine is off", async () => {
	const output = machine.stream(frameType.attach, [["stdout", true]]);
	await output.answer(frameType.ok);
	const waiting = machine.request(frameType.wait);
	await machine.request(frameType.signal, [["signal", 15]]);
	const exit = await waiting;
	expect(fieldOf(exit, "exit-code")).toBe("3");
	expect(fieldOf(exit, "oom-killed")).toBe("1");
	expect(await machine.ended()).toBe(0);
	const check = Bun.spawnSync(["fsck.ext4", "-fn", disks.upper!]);
	expect(check.exitCode).toBe(0);
	expect(Bun.spawnSync(["debugfs", "-R", "cat /upper/etc/new", disks.upper!]).stdout.toString()).toBe(
		"new\n",
	);
});
