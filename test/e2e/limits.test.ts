import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const run = (...args: string[]) => hull.docker(["run", "--rm", ...args]);

test("memory beyond the limit is an OOM kill, and inspect and events say so", async () => {
	const { code } = await hull.docker([
		"run",
		"--name",
		"eater",
		"-m",
		"16m",
		"--memory-swap",
		"16m",
		"busybox",
		"sh",
		"-c",
		"x=a; while :; do x=$x$x; done",
	]);
	expect(code).toBe(137);
	const { State } = (await hull.api("GET", "/containers/eater/json")).json;
	expect(State).toMatchObject({ OOMKilled: true, ExitCode: 137 });
	const until = Math.ceil(Date.now() / 1000);
	await eventually(async () => {
		const { text } = await hull.api(
			"GET",
			`/events?since=0&until=${until}&filters=${encodeURIComponent('{"event":["oom"]}')}`,
		);
		expect(text).toContain("eater");
	});
	await hull.ok(["rm", "eater"]);
});

test("more processes than allowed cannot be started", async () => {
	const { stderr } = await run(
		"--pids-limit",
		"5",
		"busybox",
		"sh",
		"-c",
		"for i in 1 2 3 4 5 6 7; do sleep 1 & done; wait",
	);
	expect(stderr).toContain("can't fork");
});

test("limits that make no sense are refused in Docker's words", async () => {
	expect((await run("-m", "1m", "busybox", "true")).stderr).toContain("Minimum memory limit allowed is 6MB");
	expect((await run("--cpus", "999", "busybox", "true")).stderr).toMatch(/ange of CPUs is from 0.01 to/);
	expect((await run("--memory-swap", "64m", "busybox", "true")).stderr).toContain(
		"You should always set the Memory limit",
	);
});

test("ulimits and capabilities", async () => {
	expect(
		(await run("--ulimit", "nofile=100:200", "busybox", "sh", "-c", "ulimit -n; ulimit -Hn")).stdout,
	).toBe("100\n200\n");
	const capabilities = await run(
		"--cap-drop",
		"ALL",
		"--cap-add",
		"CHOWN",
		"busybox",
		"grep",
		"CapBnd",
		"/proc/self/status",
	);
	expect(capabilities.stdout).toMatch(/0{15}1$/m);
});

test("--init reaps and passes signals on", async () => {
	await hull.ok(["run", "-d", "--name", "withinit", "--init", "busybox", "sleep", "1000"]);
	expect(await hull.ok(["exec", "withinit", "cat", "/proc/1/comm"])).toMatch(/init|tini/);
	await hull.ok(["stop", "-t", "5", "withinit"]);
	const { State } = (await hull.api("GET", "/containers/withinit/json")).json;
	expect(State.ExitCode).toBe(143);
	await hull.ok(["rm", "withinit"]);
});
