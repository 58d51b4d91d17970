import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const inspect = async (name: string) => (await hull.api("GET", `/containers/${name}/json`)).json;
const state = async (name: string) => (await inspect(name)).State;
const sleeper = async (name: string, ...flags: string[]) => {
	await hull.ok([
		"run",
		"-d",
		"--name",
		name,
		...flags,
		"busybox",
		"sh",
		"-c",
		"trap 'exit 5' TERM; sleep 1000 & wait",
	]);
};

describe("start, stop, kill", () => {
	test("what runs, what it was, what it ended with", async () => {
		await sleeper("one");
		const running = await state("one");
		expect(running).toMatchObject({ Status: "running", Running: true, ExitCode: 0 });
		expect(running.Pid).toBeGreaterThan(1);
		await hull.ok(["stop", "one"]);
		const exited = await state("one");
		expect(exited).toMatchObject({ Status: "exited", Running: false, Pid: 0, ExitCode: 5 });
		expect(Date.parse(exited.FinishedAt)).toBeGreaterThanOrEqual(Date.parse(exited.StartedAt));
		await hull.ok(["start", "one"]);
		expect((await state("one")).Status).toBe("running");
		expect((await hull.api("POST", "/containers/one/start")).status).toBe(304);
		await hull.ok(["kill", "one"]);
		expect((await state("one")).ExitCode).toBe(137);
		expect((await hull.api("POST", "/containers/one/stop")).status).toBe(304);
		const kill = await hull.api("POST", "/containers/one/kill");
		expect(kill.status).toBe(409);
		expect(kill.json.message).toMatch(/^cannot kill container: one: container [0-9a-f]{64} is not running$/);
		await hull.ok(["rm", "one"]);
	});

	test("stop waits its time, then kills; the stop signal can be chosen", async () => {
		await hull.ok([
			"run",
			"-d",
			"--name",
			"deaf",
			"busybox",
			"sh",
			"-c",
			"trap '' TERM; while :; do sleep 1; done",
		]);
		const before = performance.now();
		await hull.ok(["stop", "-t", "1", "deaf"]);
		expect(performance.now() - before).toBeGreaterThan(950);
		expect((await state("deaf")).ExitCode).toBe(137);
		await hull.ok(["rm", "deaf"]);
		await hull.ok([
			"run",
			"-d",
			"--name",
			"usr",
			"--stop-signal",
			"USR1",
			"busybox",
			"sh",
			"-c",
			"trap 'exit 9' USR1; sleep 1000 & wait",
		]);
		await hull.ok(["stop", "usr"]);
		expect((await state("usr")).ExitCode).toBe(9);
		await hull.ok(["rm", "usr"]);
	});

	test("a stop can be cut short by a kill", async () => {
		await hull.ok([
			"run",
			"-d",
			"--name",
			"slow",
			"busybox",
			"sh",
			"-c",
			"trap '' TERM; while :; do sleep 1; done",
		]);
		const stopping = hull.ok(["stop", "-t", "60", "slow"]);
		await eventually(async () => {
			await hull.ok(["kill", "slow"]);
		});
		await stopping;
		await hull.ok(["rm", "slow"]);
	});

	test("restart gives it a new process, also when it does not run", async () => {
		await sleeper("again");
		const { Pid: first } = await state("again");
		await hull.ok(["restart", "again"]);
		const { Pid: second, Status } = await state("again");
		expect(Status).toBe("running");
		expect(second).not.toBe(first);
		await hull.ok(["kill", "again"]);
		await hull.ok(["restart", "again"]);
		expect((await state("again")).Status).toBe("running");
		await hull.ok(["rm", "-f", "again"]);
	});

	test("an auto-removed container survives its restart", async () => {
		await sleeper("phoenix", "--rm");
		await hull.ok(["restart", "phoenix"]);
		expect((await state("phoenix")).Status).toBe("running");
		await hull.ok(["stop", "phoenix"]);
		await eventually(async () => expect((await hull.docker(["inspect", "phoenix"])).code).toBe(1));
	});

	test("a container keeps its files over restarts", async () => {
		await hull.ok(["run", "--name", "keeper", "busybox", "sh", "-c", "echo x >> /kept; cat /kept"]);
		expect(await hull.ok(["start", "-a", "keeper"])).toBe("x\nx\n");
		await hull.ok(["rm", "keeper"]);
	});

	test("thirty at once", async () => {
		const names = Array.from({ length: 30 }, (_, i) => `many${i}`);
		const outputs = await Promise.all(
			names.map((name) => hull.ok(["run", "--rm", "--name", name, "busybox", "echo", name])),
		);
		expect(outputs).toEqual(names.map((name) => `${name}\n`));
	});
});

describe("pause, rename, update, remove", () => {
	test("paused it stands still, and says so", async () => {
		await sleeper("still");
		await hull.ok(["pause", "still"]);
		expect(await state("still")).toMatchObject({ Status: "paused", Paused: true, Running: true });
		expect((await hull.docker(["pause", "still"])).stderr).toContain("is already paused");
		expect((await hull.docker(["exec", "still", "true"])).stderr).toContain(
			"is paused, unpause the container before exec",
		);
		expect((await hull.docker(["rm", "still"])).stderr).toContain(
			"container is paused and must be unpaused first",
		);
		await hull.ok(["unpause", "still"]);
		expect((await state("still")).Status).toBe("running");
		await hull.ok(["pause", "still"]);
		await hull.ok(["stop", "still"]);
		expect((await state("still")).ExitCode).toBe(5);
		await hull.ok(["rm", "still"]);
	});

	test("renamed it answers to the new name only", async () => {
		await hull.ok(["create", "--name", "before", "busybox"]);
		await hull.ok(["create", "--name", "other", "busybox"]);
		expect((await hull.docker(["rename", "before", "other"])).stderr).toContain(
			'The container name "/other" is already in use',
		);
		await hull.ok(["rename", "before", "after"]);
		expect((await inspect("after")).Name).toBe("/after");
		expect((await hull.api("GET", "/containers/before/json")).status).toBe(404);
		await hull.ok(["create", "--name", "before", "busybox"]);
		await hull.ok(["rm", "before", "after", "other"]);
	});

	test("an update changes the limits of what runs", async () => {
		await hull.ok(["run", "-d", "--name", "limited", "-m", "64m", "busybox", "sleep", "1000"]);
		await hull.ok(["update", "-m", "48m", "--cpus", "0.5", "--restart", "always", "limited"]);
		expect((await inspect("limited")).HostConfig).toMatchObject({
			Memory: 48 * 1024 * 1024,
			NanoCpus: 500_000_000,
			RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
		});
		const { memory_stats: memory } = (await hull.api("GET", "/containers/limited/stats?stream=0&one-shot=1"))
			.json;
		expect(memory.limit).toBe(48 * 1024 * 1024);
		await hull.ok(["rm", "-f", "limited"]);
	});

	test("a running container is not removed without force", async () => {
		await sleeper("alive");
		const { code, stderr } = await hull.docker(["rm", "alive"]);
		expect(code).toBe(1);
		expect(stderr).toContain(
			'cannot remove container "/alive": container is running: stop the container before removing or force remove',
		);
		await hull.ok(["rm", "-f", "alive"]);
		expect((await hull.docker(["rm", "alive"])).stderr).toContain("No such container: alive");
	});

	test("prune takes those that do not run, by label when asked", async () => {
		await hull.ok(["create", "--name", "p1", "-l", "keep=no", "busybox"]);
		await hull.ok(["create", "--name", "p2", "busybox"]);
		await sleeper("p3");
		await hull.ok(["container", "prune", "-f", "--filter", "label=keep=no"]);
		expect((await hull.ok(["ps", "-a", "--format", "{{.Names}}"])).split("\n").sort()).toEqual([
			"",
			"p2",
			"p3",
		]);
		await hull.ok(["container", "prune", "-f"]);
		expect(await hull.ok(["ps", "-a", "--format", "{{.Names}}"])).toBe("p3\n");
		await hull.ok(["rm", "-f", "p3"]);
	});
});

describe("wait", () => {
	test("for the end that was, the next one, and the removal", async () => {
		await hull.ok(["create", "--name", "waited", "busybox", "sh", "-c", "exit 6"]);
		const next = hull.api("POST", "/containers/waited/wait?condition=next-exit");
		const removed = hull.api("POST", "/containers/waited/wait?condition=removed");
		await eventually(async () =>
			expect((await hull.api("POST", "/containers/waited/wait")).json.StatusCode).toBe(0),
		);
		await hull.ok(["start", "waited"]);
		expect((await next).json.StatusCode).toBe(6);
		expect((await hull.api("POST", "/containers/waited/wait?condition=not-running")).json.StatusCode).toBe(6);
		await hull.ok(["rm", "waited"]);
		expect((await removed).json.StatusCode).toBe(6);
		expect((await hull.api("POST", "/containers/waited/wait")).status).toBe(404);
	});
});

describe("restart policies", () => {
	test("on-failure counts its tries", async () => {
		await hull.ok([
			"run",
			"-d",
			"--name",
			"failing",
			"--restart",
			"on-failure:2",
			"busybox",
			"sh",
			"-c",
			"echo x; exit 3",
		]);
		await eventually(async () => {
			const { State, RestartCount } = await inspect("failing");
			expect(State).toMatchObject({ Status: "exited", ExitCode: 3 });
			expect(RestartCount).toBe(2);
		});
		expect(await hull.ok(["logs", "failing"])).toBe("x\nx\nx\n");
		await hull.ok(["rm", "failing"]);
	});

	test("always brings it back until a user stops it", async () => {
		await hull.ok(["run", "-d", "--name", "coming", "--restart", "always", "busybox", "sh", "-c", "exit 0"]);
		await eventually(async () => expect((await inspect("coming")).RestartCount).toBeGreaterThan(2));
		await hull.ok(["stop", "coming"]);
		const { RestartCount: count, State } = await inspect("coming");
		expect(State.Status).toBe("exited");
		expect((await inspect("coming")).RestartCount).toBe(count);
		await hull.ok(["rm", "coming"]);
	});

	test("who waits is told of the next exit, although it is started again", async () => {
		const script = "echo once; sleep 0.3; exit 3";
		const run = ["run", "--name", "waited", "--restart", "always", "busybox", "sh", "-c", script];
		expect(await hull.docker(run)).toMatchObject({ code: 3, stdout: "once\n" });
		expect(await hull.ok(["wait", "waited"])).toBe("3\n");
		await hull.ok(["rm", "-f", "waited"]);
	});

	test("a container that is killed from outside comes back", async () => {
		await sleeper("killed", "--restart", "unless-stopped");
		const { Pid: first } = await state("killed");
		process.kill(first, "SIGKILL");
		await eventually(async () => {
			const { Pid, Running } = await state("killed");
			expect(Running).toBe(true);
			expect(Pid).toBeGreaterThan(0);
			expect(Pid).not.toBe(first);
		});
		await hull.ok(["rm", "-f", "killed"]);
	});
});
