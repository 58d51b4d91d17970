import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fieldOf } from "../../../src/runtime/session/fields.ts";
import { encodeFrame, frameType, headerBytes, writeHeader } from "../../../src/runtime/session/frame.ts";
import { eventually } from "../../support/eventually.ts";
import {
	containerFields,
	type FieldList,
	GuestMachine,
	type MachineDisks,
	makeDisks,
	mount,
} from "../../support/guest-machine.ts";

// Ways to start: a machine of its own for each.
let folder: string;
let disks: MachineDisks;

beforeAll(() => {
	folder = mkdtempSync(`${tmpdir()}/hull-guest-test-`);
	disks = makeDisks(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a container to its end, attached. */
async function run(machine: GuestMachine, command: readonly string[], fields: FieldList = []) {
	await machine.request(frameType.guestPrepare, containerFields(disks, command, fields));
	const output = machine.stream(frameType.attach, [
		["stdout", true],
		["stderr", true],
	]);
	const waiting = machine.request(frameType.wait);
	await machine.request(frameType.start);
	await output.answer(frameType.closed);
	const code = Number(fieldOf(await waiting, "exit-code"));
	expect(await machine.ended()).toBe(0);
	return { code, output: output.text() + output.text(2) };
}

test("shared folders and files, read-only where asked, and a read-only root", async () => {
	mkdirSync(`${folder}/shared/0`, { recursive: true });
	writeFileSync(`${folder}/shared/0/from-host`, "host\n");
	writeFileSync(`${folder}/shared/1`, "one file\n");
	await using machine = await GuestMachine.boot(disks, { shared: `${folder}/shared` });
	const script =
		"cat /data/from-host /etc/one /etc/sent; echo >> /etc/sent; echo guest > /data/from-guest; echo no > /etc/one; echo no > /etc/none";
	const { output } = await run(
		machine,
		["sh", "-c", script],
		[
			["read-only", true],
			...mount("/data", "shared", "bind"),
			["guest-mount-source", "0"],
			...mount("/etc/one", "shared", "bind", "ro"),
			["guest-mount-source", "1"],
			...mount("/etc/sent", "file", "bind"),
			["guest-mount-content", "sent\n"],
		],
	);
	expect(output).toStartWith("host\none file\nsent\n");
	expect(output).toContain("/etc/one: Read-only file system");
	expect(output).toContain("/etc/none: Read-only file system");
	expect(readFileSync(`${folder}/shared/0/from-guest`, "utf8")).toBe("guest\n");
});

test("an init of ours: reaps, passes signals on, ends as the process does", async () => {
	await using machine = await GuestMachine.boot(disks);
	const script =
		"trap 'echo got it; exit 5' USR1; (sleep 0.01 &); echo $$; kill -USR1 1; while :; do sleep 1000 & wait; done";
	const { code, output } = await run(machine, ["sh", "-c", script], [["init", true]]);
	expect({ code, output }).toEqual({ code: 5, output: "2\ngot it\n" });
});

test("a container with a terminal: its size, its console, its input", async () => {
	await using machine = await GuestMachine.boot(disks);
	await machine.request(
		frameType.guestPrepare,
		containerFields(
			disks,
			["sh", "-c", "stty size; echo console > /dev/console; read line; echo got $line"],
			[
				["terminal", true],
				["stdin", true],
				["columns", 77],
				["rows", 22],
			],
		),
	);
	const terminal = machine.stream(frameType.attach, [
		["stdin", true],
		["stdout", true],
	]);
	const waiting = machine.request(frameType.wait);
	await machine.request(frameType.start);
	await eventually(() => expect(terminal.text()).toContain("console\r\n"));
	expect(terminal.text()).toStartWith("22 77\r\n");
	terminal.write("typed\n");
	await terminal.answer(frameType.closed);
	expect(terminal.text()).toEndWith("typed\r\ngot typed\r\n");
	expect(fieldOf(await waiting, "exit-code")).toBe("0");
});

test("output before anybody is attached waits; its last byte comes before the machine is off", async () => {
	await using machine = await GuestMachine.boot(disks);
	await machine.request(
		frameType.guestPrepare,
		containerFields(disks, ["sh", "-c", "head -c 3000000 /dev/zero; echo end"]),
	);
	await machine.request(frameType.start);
	const output = machine.stream(frameType.attach, [["stdout", true]]);
	const exit = await machine.request(frameType.wait);
	await output.answer(frameType.closed);
	expect(output.text().length).toBe(3_000_004);
	expect(output.text()).toEndWith("end\n");
	expect(fieldOf(exit, "exit-code")).toBe("0");
	expect(await machine.ended()).toBe(0);
});

test("what cannot start says why, and its machine can still be asked", async () => {
	await using machine = await GuestMachine.boot(disks);
	await machine.request(frameType.guestPrepare, containerFields(disks, ["missing"]));
	await expect(machine.request(frameType.start)).rejects.toThrow(
		'exec: "missing": executable file not found in $PATH',
	);
	expect(fieldOf(await machine.request(frameType.state), "status")).toBe("exited");
	await expect(machine.request(frameType.wait)).rejects.toThrow("the container did not start");
});

test("a prepare that fails names the part, and START repeats it", async () => {
	await using machine = await GuestMachine.boot(disks);
	const wrong = containerFields(disks, ["true"], [["layer", "1048576000:4096"]]);
	await expect(machine.request(frameType.guestPrepare, wrong)).rejects.toThrow("layer 2: ");
	await expect(machine.request(frameType.start)).rejects.toThrow("layer 2: ");
});

test("a frame that is too long ends the session with the reason", async () => {
	await using machine = await GuestMachine.boot(disks);
	const header = Buffer.alloc(headerBytes);
	writeHeader(header, { length: 70_000, type: frameType.start, stream: 0, channel: 1 });
	machine.send(header);
	expect((await machine.unsolicited(frameType.error)).payload.toString()).toContain(
		"frame longer than 65536 bytes",
	);
});

test("what comes before the greeting is refused", async () => {
	await using machine = await GuestMachine.boot(disks, { greet: false });
	machine.send(encodeFrame(frameType.start, 1));
	expect((await machine.unsolicited(frameType.error)).payload.toString()).toContain(
		"the first frame is not hello",
	);
});

test("a rehearsal runs to its end and leaves nothing; one that fails says why, and is no harm", async () => {
	await using machine = await GuestMachine.boot(disks);
	const rehearse = (...command: string[]) =>
		machine.request(
			frameType.guestPrepare,
			containerFields(disks, command, [
				["rehearsal", true],
				["limit-pids", 10],
			]),
		);
	await machine.request(frameType.configure, [
		["interface", "eth0"],
		["nic", 0],
		["address", "192.0.2.2/24"],
	]);
	await rehearse("sh", "-c", "echo here > /rehearsed; test -e /rehearsed");
	await rehearse("true");
	await expect(rehearse("sh", "-c", "exit 3")).rejects.toThrow("the rehearsal ended with 3");
	await expect(rehearse("nosuch")).rejects.toThrow("the process of the rehearsal did not start");
	const look =
		"ls /; ls /sys/class/net; grep -c . /proc/mounts; cat /sys/fs/cgroup/pids.max; cat /proc/partitions";
	const { code, output } = await run(machine, ["sh", "-c", look]);
	expect(code).toBe(0);
	expect(output).not.toContain("rehearsed");
	expect(output).not.toContain("eth0");
	expect(output).toContain("\nlo\n");
	expect(output).toContain("\nmax\n");
	// The layers' partitions are there once.
	expect(output.match(/ vd[a-z]\d/g)).toHaveLength(2);
});
