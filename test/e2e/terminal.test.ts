import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { dockerProgram } from "../support/docker-cli.ts";
import { openTerminal } from "../support/terminal.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const docker = (...args: string[]) => openTerminal([dockerProgram, "-H", `unix://${hull.socket}`, ...args]);

test("run -it is a terminal with the user's size, that follows it, and gives the exit code", async () => {
	const terminal = docker("run", "-it", "--rm", "busybox", "sh");
	await terminal.shows("/ # ");
	terminal.type("stty size; tty\n");
	await terminal.shows("24 80");
	await terminal.shows("/dev/pts/0");
	terminal.resize(100, 40);
	terminal.type("sleep 0.3; stty size\n");
	await terminal.shows("40 100");
	terminal.type("exit 3\n");
	expect(await terminal.ended).toBe(3);
});

test("the detach keys leave the container running, and attach comes back to it", async () => {
	const first = docker("run", "-it", "--name", "shell", "busybox", "sh");
	await first.shows("/ # ");
	first.type("x=42\n");
	first.type("\x10\x11");
	expect(await first.ended).toBe(0);
	expect(await hull.ok(["inspect", "-f", "{{.State.Running}}", "shell"])).toBe("true\n");
	const second = docker("attach", "--detach-keys", "ctrl-x,x", "shell");
	second.type("echo x is $x\n");
	await second.shows("x is 42");
	second.type("\x18x");
	expect(await second.ended).not.toBe(42);
	await hull.ok(["rm", "-f", "shell"]);
});

test("ctrl-c interrupts what runs in the terminal", async () => {
	const terminal = docker("run", "-it", "--rm", "busybox", "sh");
	await terminal.shows("/ # ");
	terminal.type("echo go''ing; sleep 100\n");
	await terminal.shows("going");
	terminal.type("\x03");
	terminal.type("echo alive\n");
	await terminal.shows(/alive\r\n/);
	terminal.type("exit\n");
	await terminal.ended;
});

test("exec -it has a terminal of its own", async () => {
	await hull.ok(["run", "-d", "--name", "host", "busybox", "sleep", "100"]);
	const terminal = docker("exec", "-it", "-e", "A=1", "host", "sh");
	await terminal.shows("/ # ");
	terminal.type("stty size; echo a=$A\n");
	await terminal.shows("24 80");
	await terminal.shows("a=1");
	terminal.type("exit 4\n");
	expect(await terminal.ended).toBe(4);
	await hull.ok(["rm", "-f", "host"]);
});
