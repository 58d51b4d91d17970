import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { hasEnded, startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { dockerProgram } from "../support/docker-cli.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const inspect = async (name: string) => (await hull.api("GET", `/containers/${name}/json`)).json;
const names = Array.from({ length: 20 }, (_, i) => `printer-${i}`);

test("kill -9 with 20 printing containers: none stops, no line is lost, everything works after", async () => {
	const count = "i=0; while :; do echo line $i; i=$((i+1)); usleep 20000; done";
	await Promise.all(
		names.map((name) => hull.ok(["run", "-d", "--name", name, "busybox", "sh", "-c", count])),
	);
	await hull.ok([
		"run",
		"-d",
		"--name",
		"ends",
		"busybox",
		"sh",
		"-c",
		"echo begin; read x < /proc/1/stat; sleep 1; echo end; exit 7",
	]);
	await hull.ok(["run", "-d", "--rm", "--name", "ends-and-goes", "-v", "/anon", "busybox", "sleep", "1"]);
	await hull.ok(["run", "-d", "--name", "comes-back", "--restart", "always", "busybox", "sleep", "1"]);
	await hull.ok(["run", "-d", "--name", "frozen", "busybox", "sleep", "1000"]);
	await hull.ok(["pause", "frozen"]);
	const { Id: execId } = (
		await hull.api("POST", "/containers/printer-0/exec", { Cmd: ["sh", "-c", "sleep 1; exit 3"] })
	).json;
	await hull.api("POST", `/exec/${execId}/start`, { Detach: true });
	const before = await Promise.all(names.map(async (name) => (await inspect(name)).State.Pid));
	const execPid: number = (await hull.api("GET", `/exec/${execId}/json`)).json.Pid;
	const ending = await Promise.all(
		["ends", "ends-and-goes", "comes-back"].map(async (name) => (await inspect(name)).Id as string),
	);

	await hull.kill();
	await eventually(() => {
		for (const pid of before) process.kill(pid, 0);
	});
	await eventually(() => {
		expect(ending.map((id) => hasEnded(hull, id))).toEqual([true, true, true]);
		expect(() => process.kill(execPid, 0)).toThrow();
	});
	await hull.start();

	const states = await Promise.all(names.map(async (name) => (await inspect(name)).State));
	expect(states.map(({ Pid }) => Pid)).toEqual(before);
	expect(states.every(({ Status }) => Status === "running")).toBe(true);
	expect((await inspect("frozen")).State.Status).toBe("paused");

	const { State: ended } = await inspect("ends");
	expect(ended).toMatchObject({ Status: "exited", ExitCode: 7 });
	expect(await hull.ok(["logs", "ends"])).toBe("begin\nend\n");
	expect(await hull.ok(["wait", "ends"])).toBe("7\n");
	await eventually(async () =>
		expect((await hull.api("GET", "/containers/ends-and-goes/json")).status).toBe(404),
	);
	expect(await hull.ok(["volume", "ls", "-q"])).toBe("");
	await eventually(async () => {
		const { State, RestartCount } = await inspect("comes-back");
		expect(State.Running).toBe(true);
		expect(RestartCount).toBeGreaterThan(0);
	});
	await eventually(async () =>
		expect((await hull.api("GET", `/exec/${execId}/json`)).json).toMatchObject({
			Running: false,
			ExitCode: 3,
		}),
	);
	expect(await hull.ok(["exec", "printer-1", "echo", "still here"])).toBe("still here\n");
	await hull.ok(["unpause", "frozen"]);

	const attached = spawn(dockerProgram, ["-H", `unix://${hull.socket}`, "attach", "--no-stdin", "printer-2"]);
	let output = "";
	attached.stdout.on("data", (chunk) => {
		output += chunk;
	});
	await eventually(() => expect(output).toMatch(/line \d+\nline \d+\n/));
	const waiting = hull.ok(["wait", "printer-2"]);
	await hull.ok(["stop", "-t", "0", "printer-2"]);
	expect(await waiting).toBe("137\n");
	await Promise.all(
		names.slice(3).map(async (name) => {
			await hull.ok(["kill", name]);
			const log = await hull.ok(["logs", name]);
			const lines = log.trimEnd().split("\n");
			expect(lines).toEqual(lines.map((_, i) => `line ${i}`));
			expect(lines.length).toBeGreaterThan(60);
		}),
	);
	await hull.assertClean();
});

test("a supervisor that was killed is a lost container, and nothing of it stays", async () => {
	await hull.ok(["run", "-d", "--name", "lost", "busybox", "sleep", "1000"]);
	const { State, Id } = await inspect("lost");
	const shim = Number(/^\d+ \(.*?\) \S (\d+)/.exec(await Bun.file(`/proc/${State.Pid}/stat`).text())![1]);
	process.kill(shim, "SIGKILL");
	await eventually(async () => {
		expect((await inspect("lost")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
	});
	expect((await inspect("lost")).State.Error).toContain("lost");
	await hull.ok(["start", "lost"]);
	expect((await inspect(Id)).State.Status).toBe("running");
	const again = Number(
		/^\d+ \(.*?\) \S (\d+)/.exec(
			await Bun.file(`/proc/${(await inspect("lost")).State.Pid}/stat`).text(),
		)![1],
	);
	await hull.kill();
	process.kill(again, "SIGKILL");
	await hull.start();
	expect((await inspect("lost")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
	await hull.assertClean();
});

test("a stopped daemon leaves containers running and takes them up again", async () => {
	await hull.ok(["run", "-d", "--name", "stays", "busybox", "sleep", "1000"]);
	const { Pid } = (await inspect("stays")).State;
	expect(await hull.stop()).toBe(0);
	process.kill(Pid, 0);
	await hull.start();
	expect((await inspect("stays")).State).toMatchObject({ Status: "running", Pid });
	await hull.assertClean();
});
