import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli, hullCommand } from "../support/hull-cli.ts";
import { openTerminal } from "../support/terminal.ts";

let engine: TestDaemon;
beforeAll(async () => {
	engine = await startTestDaemon();
});
afterAll(async () => engine[Symbol.asyncDispose]());

const terminal = (...args: string[]) =>
	openTerminal([...hullCommand(), "-H", `unix://${engine.socket}`, ...args]);
const shell = (script: string) =>
	openTerminal(["sh", "-c", script, "sh", ...hullCommand(), "-H", `unix://${engine.socket}`]);
const hull = (...args: string[]) => hullCli(engine.socket, args);

test("run -it has our size, follows it, is raw, and gives the exit code", async () => {
	const user = terminal("run", "-it", "--rm", "busybox", "sh");
	await user.shows("/ # ");
	user.type("sleep 0.3; stty size\r");
	await user.shows("24 80");
	user.resize(100, 40);
	user.type("sleep 0.5; stty size\r");
	await user.shows("40 100");
	// A terminal that is not raw would echo a second time and add carriage returns.
	user.type("printf 'a\\nb\\n'; exit 3\r");
	const screen = await user.shows("a\r\nb\r\n");
	expect(screen).not.toContain("\r\r\n");
	expect(await user.ended).toBe(3);
});

test("the terminal is as it was, whatever ended the session", async () => {
	const ended = shell(`stty -a | md5sum; "$@" run -it --rm busybox true; stty -a | md5sum`);
	await ended.ended;
	const killed = shell(`stty -a | md5sum; "$@" run -it --rm --name victim busybox sh; stty -a | md5sum`);
	await killed.shows("/ # ");
	await hull("kill", "victim");
	await killed.ended;
	for (const user of [ended, killed]) {
		const sums = (await user.shows(/ -/)).match(/[0-9a-f]{32}/g)!;
		expect(sums).toHaveLength(2);
		expect(sums[0]).toBe(sums[1]!);
	}
});

test("the detach keys leave the container running; attach comes back to it", async () => {
	const first = terminal("run", "-it", "--name", "shell", "busybox", "sh");
	await first.shows("/ # ");
	first.type("x=42\r");
	await first.shows(/x=42\r\n/);
	first.type("\x10\x11");
	expect(await first.ended).toBe(0);
	const second = terminal("attach", "--detach-keys", "ctrl-x,x", "shell");
	second.type("echo x is $x\r");
	await second.shows("x is 42");
	second.type("\x18x");
	await second.shows("read escape sequence");
	expect(await second.ended).toBe(1);
	const exec = terminal("exec", "-it", "shell", "sh");
	await exec.shows("/ # ");
	exec.type("exit 6\r");
	expect(await exec.ended).toBe(6);
	await hull("rm", "-f", "shell");
});

test("ctrl-c without a terminal of its own reaches the process", async () => {
	const script = "trap 'echo got; exit 9' INT; echo ready; while :; do sleep 0.05; done";
	const user = terminal("run", "--rm", "busybox", "sh", "-c", script);
	await user.shows("ready");
	user.type("\x03");
	await user.shows("got");
	expect(await user.ended).toBe(9);
});

test("tables fit the terminal and keep their ids", async () => {
	await hull("create", "--name", "a-container-with-quite-a-long-name", "busybox", "echo", "a".repeat(40));
	const user = openTerminal([...hullCommand(), "-H", `unix://${engine.socket}`, "ps", "-a"], {
		columns: 90,
		rows: 24,
	});
	await user.ended;
	const screen = await user.shows("CONTAINER ID");
	const lines = screen.trim().split("\r\n");
	expect(lines).toHaveLength(2);
	for (const line of lines) expect(line.length).toBeLessThanOrEqual(90);
	expect(lines[1]).toMatch(/^[0-9a-f]{12} /);
	await hull("rm", "a-container-with-quite-a-long-name");
});

test("-it without a terminal is refused as docker refuses it", async () => {
	const result = await hull("run", "-it", "--rm", "busybox", "true");
	expect(result).toEqual({ code: 1, stdout: "", stderr: "the input device is not a TTY\n" });
});
