import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

setDefaultTimeout(60_000);

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterEach(async () => {
	await hull.assertClean();
	await hull.ok(["volume", "prune", "-af"]);
});
afterAll(async () => hull[Symbol.asyncDispose]());

/** Dies at the point while doing something, starts again. */
async function crashAt(failpoint: string, work: () => Promise<unknown>): Promise<void> {
	await hull.stop();
	await hull.start({ failpoint });
	await work().catch(() => undefined);
	await hull.ended();
	await hull.start();
}

const mounted = () =>
	readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.filter((line) => line.includes(` ${join(hull.dataRoot, "volumes")}/`));
const create = ["volume", "create", "-o", "size=4m", "made"];
const write = [
	"run",
	"--rm",
	"--network",
	"none",
	"-v",
	"made:/m",
	"busybox",
	"sh",
	"-c",
	"echo kept > /m/f",
];
const read = ["run", "--rm", "--network", "none", "-v", "made:/m", "busybox", "cat", "/m/f"];

test.each(["after-row", "after-folder"])("create, killed %s: it is there and works", async (point) => {
	await crashAt(`volumes.create.${point}`, () => hull.docker(create));
	await hull.ok(create);
	await hull.ok(write);
	expect(await hull.ok(read)).toBe("kept\n");
});

test.each(["after-rename", "after-row"])("remove, killed %s: it is gone, with its content", async (point) => {
	await hull.ok(create);
	await hull.ok(write);
	await crashAt(`volumes.remove.${point}`, () => hull.docker(["volume", "rm", "made"]));
	expect(await hull.ok(["volume", "ls", "-q"])).toBe("");
	await hull.ok(create);
	expect((await hull.docker(read)).stderr).toContain("No such file");
});

test.each([
	"disk-image.after-file",
	"disk-image.after-format",
	"volumes.mount.after-folder",
	"volumes.mount.after-data",
])("first use, killed at %s: nothing stays mounted, and it can be done again", async (point) => {
	await hull.ok(create);
	await crashAt(point, () => hull.docker(write));
	expect(mounted()).toEqual([]);
	await hull.ok(write);
	expect(await hull.ok(read)).toBe("kept\n");
});

test.each(["after-preparations", "after-task", "after-start"])(
	"a container's start, killed %s: it is mounted for those that run only",
	async (point) => {
		await hull.ok(create);
		await hull.ok(write);
		await hull.ok(["create", "--name", "user", "-v", "made:/m", "busybox", "sleep", "1000"]);
		await crashAt(`containers.start.${point}`, () => hull.docker(["start", "user"]));
		expect(mounted().length > 0).toBe(point === "after-start");
		await hull.ok(["start", "user"]);
		expect(await hull.ok(["exec", "user", "cat", "/m/f"])).toBe("kept\n");
		await hull.ok(["rm", "-f", "user"]);
	},
);

test("the end of a container, killed when it was saved: nothing stays mounted", async () => {
	await hull.ok(create);
	await hull.ok(["create", "--name", "user", "-v", "made:/m", "busybox", "true"]);
	await crashAt("containers.end.after-persist", () => hull.docker(["start", "-a", "user"]));
	expect(mounted()).toEqual([]);
	await hull.ok(["start", "-a", "user"]);
});
