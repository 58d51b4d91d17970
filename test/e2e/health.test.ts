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

test("an image's check is not made with --no-healthcheck", async () => {
	await hull.ok(["run", "-d", "--name", "none", "--no-healthcheck", "busybox", "sleep", "1000"]);
	expect(await health("none")).toBeUndefined();
	await hull.ok(["rm", "-f", "none"]);
});
