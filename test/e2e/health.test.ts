import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const health = async (name: string) => (await hull.api("GET", `/containers/${name}/json`)).json.State.Health;
const flags = (command: string) => [
	"--health-cmd",
	command,
	"--health-interval",
	"100ms",
	"--health-retries",
	"2",
];

test("healthy, unhealthy, and healthy again, with output and events", async () => {
	await hull.ok([
		"run",
		"-d",
		"--name",
		"patient",
		...flags("cat /ok"),
		"busybox",
		"sh",
		"-c",
		"touch /ok; sleep 1000",
	]);
	await eventually(async () =>
		expect(await health("patient")).toMatchObject({ Status: "healthy", FailingStreak: 0 }),
	);
	expect(await hull.ok(["ps", "--format", "{{.Status}}"])).toContain("(healthy)");
	await hull.ok(["exec", "patient", "rm", "/ok"]);
	await eventually(async () => expect((await health("patient")).Status).toBe("unhealthy"));
	const { Log, FailingStreak } = await health("patient");
	expect(FailingStreak).toBeGreaterThanOrEqual(2);
	expect(Log.at(-1)).toMatchObject({
		ExitCode: 1,
		Output: "cat: can't open '/ok': No such file or directory\n",
	});
	expect(await hull.ok(["ps", "-q", "--filter", "health=unhealthy"])).not.toBe("");
	await hull.ok(["exec", "patient", "touch", "/ok"]);
	await eventually(async () => expect((await health("patient")).Status).toBe("healthy"));
	await eventually(async () => {
		const events = await hull.ok([
			...[
				"events",
				"--since",
				"1h",
				"--until",
				"0s",
				"--filter",
				"event=health_status",
				"--format",
				"{{.Action}}",
			],
		]);
		expect(events).toBe("health_status: healthy\nhealth_status: unhealthy\nhealth_status: healthy\n");
	});
	await hull.ok(["rm", "-f", "patient"]);
});

test("a probe that takes too long has failed", async () => {
	await hull.ok([
		"run",
		"-d",
		"--name",
		"stuck",
		...flags("sleep 100"),
		"--health-timeout",
		"100ms",
		"busybox",
		"sleep",
		"1000",
	]);
	await eventually(async () => expect((await health("stuck")).Status).toBe("unhealthy"));
	expect((await health("stuck")).Log[0]).toMatchObject({
		ExitCode: -1,
		Output: "Health check exceeded timeout (0.1s)",
	});
	await hull.ok(["rm", "-f", "stuck"]);
});

const state = async (name: string) => (await hull.api("GET", `/containers/${name}/json`)).json;
const unwell = (name: string, action: string, ...more: string[]) =>
	hull.ok([
		...["run", "-d", "--name", name, "--label", `hull.health.on-failure=${action}`, "--stop-timeout", "0"],
		...flags("echo unwell; false"),
		...more,
		...["busybox", "sleep", "1000"],
	]);

test("what is unhealthy is restarted, killed or stopped, and an event says why", async () => {
	await unwell("restarted", "restart", "--restart", "on-failure:2");
	await unwell("killed", "kill");
	await unwell("stopped", "stop", "--restart", "always");
	// Twice, as its policy allows, and not a third time.
	await eventually(async () =>
		expect(await state("restarted")).toMatchObject({ RestartCount: 2, State: { Status: "exited" } }),
	);
	await eventually(async () => {
		expect((await state("killed")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
		expect(await state("stopped")).toMatchObject({ RestartCount: 0, State: { Status: "exited" } });
	});
	// The client counts "until" in whole seconds: what was just now is seen a moment later.
	await eventually(async () => {
		const events = await hull.ok([
			...["events", "--since", "1h", "--until", "0s", "--filter", "event=health_on_failure"],
			...["--filter", "container=killed", "--format", "{{.Action}} {{json .Actor.Attributes}}"],
		]);
		expect(events).toContain("health_on_failure: kill");
		expect(events).toContain('"checkOutput":"unwell"');
	});
	await hull.ok(["rm", "-f", "restarted", "killed", "stopped"]);
});

test("a container that is being restarted for its health is restarted by the next daemon", async () => {
	await unwell("carried", "restart", "--stop-timeout", "-1", "--stop-signal", "USR2");
	// The signal is ignored by a first process that does not know it: hulld dies while it waits.
	await eventually(async () =>
		expect(
			await hull.ok([
				...["events", "--since", "1h", "--until", "0s", "--filter", "container=carried"],
				...["--filter", "event=kill", "--format", "{{.Action}}"],
			]),
		).toContain("kill"),
	);
	const { Pid } = (await state("carried")).State;
	await hull.kill();
	process.kill(Pid, "SIGKILL");
	await hull.start();
	await eventually(async () =>
		expect(await state("carried")).toMatchObject({ RestartCount: 1, State: { Running: true } }),
	);
	await hull.ok(["rm", "-f", "carried"]);
});

test("an action without a check, an unknown one, and a restart of what is removed are refused", async () => {
	const refused = async (annotation: string, ...more: string[]) =>
		(
			await hull.docker([
				...["create", "--annotation", `hull.health.on-failure=${annotation}`, ...more, "busybox"],
			])
		).stderr;
	expect(await refused("restart")).toContain("needs a health check");
	expect(await refused("dance", ...flags("true"))).toContain('"dance" is none of none, kill, restart, stop');
	expect(await refused("restart", "--rm", ...flags("true"))).toContain("cannot be restarted");
	expect(await refused("restart", "--no-healthcheck")).toBe("");
});

test("an image's check is not made with --no-healthcheck", async () => {
	await hull.ok(["run", "-d", "--name", "none", "--no-healthcheck", "busybox", "sleep", "1000"]);
	expect(await health("none")).toBeUndefined();
	await hull.ok(["rm", "-f", "none"]);
});
