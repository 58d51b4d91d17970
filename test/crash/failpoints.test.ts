import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hasEnded, startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const status = async (name: string) =>
	(await hull.api("GET", `/containers/${name}/json`)).json?.State?.Status as string | undefined;

/** Dies at the point while doing something, starts again. */
async function crashAt(failpoint: string, work: () => Promise<unknown>): Promise<void> {
	await hull.stop();
	await hull.start({ failpoint });
	await work().catch(() => undefined);
	await hull.ended();
	await hull.start();
}

describe("create", () => {
	const points = ["after-snapshot", "after-folder", "after-volumes", "after-persist"];
	test.each(points)("killed %s: whole or not there, and it can be done again", async (point) => {
		const create = ["create", "--name", "made", "-v", "named:/n", "-v", "/etc", "busybox", "true"];
		await crashAt(`containers.create.${point}`, () => hull.docker(create));
		const isThere = (await status("made")) !== undefined;
		expect(isThere).toBe(point === "after-persist");
		if (isThere) await hull.ok(["rm", "-v", "made"]);
		// Only the one with a name may be left.
		expect((await hull.ok(["volume", "ls", "-q"])).replace("named\n", "")).toBe("");
		await hull.ok(create);
		expect(await hull.ok(["start", "-a", "made"])).toBe("");
		await hull.ok(["rm", "-v", "made"]);
		await hull.docker(["volume", "rm", "named"]);
		await hull.assertClean();
	});
});

describe("start", () => {
	const points = ["after-preparations", "after-task", "after-start", "after-persist"];
	test.each(points)("killed %s: it runs or it does not, and inspect knows", async (point) => {
		await hull.ok(["create", "--name", "started", "-v", "/v", "busybox", "sleep", "1000"]);
		await crashAt(`containers.start.${point}`, () => hull.docker(["start", "started"]));
		const runs = point === "after-start" || point === "after-persist";
		expect(await status("started")).toBe(runs ? "running" : "created");
		await hull.ok(["start", "started"]);
		expect(await hull.ok(["exec", "started", "echo", "works"])).toBe("works\n");
		await hull.ok(["rm", "-f", "-v", "started"]);
		await hull.assertClean();
	});

	test("killed when the process had started and ended: the end is noted", async () => {
		const id = await hull.ok(["create", "--name", "brief", "busybox", "sh", "-c", "exit 4"]);
		await hull.stop();
		await hull.start({ failpoint: "containers.start.after-start" });
		await hull.docker(["start", "brief"]);
		await hull.ended();
		await eventually(() => expect(hasEnded(hull, id.trim())).toBe(true));
		await hull.start();
		expect((await hull.api("GET", "/containers/brief/json")).json.State).toMatchObject({
			Status: "exited",
			ExitCode: 4,
		});
		await hull.assertClean();
	});
});

describe("stop", () => {
	test("killed when the end was saved: it is stopped, and what it held is free", async () => {
		await hull.ok(["create", "--name", "stopped", "-v", "/v", "busybox", "sleep", "1000"]);
		await crashAt("containers.end.after-persist", async () => {
			await hull.docker(["start", "stopped"]);
			await hull.docker(["stop", "-t", "0", "stopped"]);
		});
		expect(await status("stopped")).toBe("exited");
		await hull.ok(["start", "stopped"]);
		await hull.ok(["rm", "-f", "-v", "stopped"]);
		await hull.assertClean();
	});

	test("killed when the end of an auto-removed one was saved: it is removed", async () => {
		await crashAt("containers.end.after-persist", () =>
			hull.docker(["run", "--rm", "--name", "gone", "-v", "/v", "busybox", "true"]),
		);
		expect(await status("gone")).toBeUndefined();
		expect(await hull.ok(["volume", "ls", "-q"])).toBe("");
		await hull.assertClean();
	});
});

describe("remove", () => {
	const points = ["after-mark", "after-volumes", "after-record", "after-snapshot"];
	test.each(points)("killed %s: it is gone", async (point) => {
		await hull.ok(["run", "--name", "removed", "-v", "/v", "busybox", "sh", "-c", "echo x > /y"]);
		await crashAt(`containers.remove.${point}`, () => hull.docker(["rm", "-v", "removed"]));
		expect(await status("removed")).toBeUndefined();
		expect(await hull.ok(["volume", "ls", "-q"])).toBe("");
		await hull.assertClean();
		await hull.ok(["run", "--rm", "--name", "removed", "busybox", "true"]);
	});
});
