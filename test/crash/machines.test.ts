/** The daemon is killed while it creates, starts and stops containers of isolation vm. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

const timeoutMs = 120_000;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
}, timeoutMs);
afterAll(async () => hull[Symbol.asyncDispose](), timeoutMs);

const status = async (name: string) =>
	(await hull.api("GET", `/containers/${name}/json`)).json?.State?.Status as string | undefined;

async function crashAt(failpoint: string, work: () => Promise<unknown>): Promise<void> {
	await hull.stop();
	await hull.start({ failpoint });
	await work().catch(() => undefined);
	await hull.ended();
	await hull.start();
}

const machine = ["--isolation", "vm", "-m", "64m"];

test.each(["after-snapshot", "after-persist"])(
	"create killed %s: whole or not there, and it can be done again",
	async (point) => {
		const create = ["create", "--name", "made", ...machine, "busybox", "echo", "hello"];
		await crashAt(`containers.create.${point}`, () => hull.docker(create));
		expect(await status("made")).toBe(point === "after-persist" ? "created" : undefined);
		if (point === "after-persist") await hull.ok(["rm", "made"]);
		await hull.ok(create);
		expect(await hull.ok(["start", "-a", "made"], { timeoutMs })).toBe("hello\n");
		await hull.assertClean();
	},
	timeoutMs,
);

test.each(["after-task", "after-start", "after-persist"])(
	"start killed %s: it runs or it does not, and inspect knows",
	async (point) => {
		await hull.ok(["create", "--name", "started", ...machine, "busybox", "sleep", "1000"]);
		await crashAt(`containers.start.${point}`, () => hull.docker(["start", "started"], { timeoutMs }));
		expect(await status("started")).toBe(point === "after-task" ? "created" : "running");
		await hull.ok(["start", "started"], { timeoutMs });
		expect(await hull.ok(["exec", "started", "echo", "works"], { timeoutMs })).toBe("works\n");
		await hull.ok(["rm", "-f", "started"]);
		await hull.assertClean();
	},
	timeoutMs,
);

test(
	"stop killed when the end was saved: it is stopped, and starts again",
	async () => {
		await hull.ok(["create", "--name", "stopped", ...machine, "busybox", "sleep", "1000"]);
		await crashAt("containers.end.after-persist", async () => {
			await hull.docker(["start", "stopped"], { timeoutMs });
			await hull.docker(["stop", "-t", "0", "stopped"], { timeoutMs });
		});
		expect(await status("stopped")).toBe("exited");
		await hull.ok(["start", "stopped"], { timeoutMs });
		await hull.ok(["rm", "-f", "stopped"]);
		await hull.assertClean();
	},
	timeoutMs,
);
