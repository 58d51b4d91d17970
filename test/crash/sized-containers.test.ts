import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

setDefaultTimeout(60_000);

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
// Mounts and loop devices of the data root are among what is asserted to be gone.
afterEach(async () => hull.assertClean());
afterAll(async () => hull[Symbol.asyncDispose]());

const options = ["--name", "bounded", "--network", "none", "--storage-opt", "size=16m"];
const script = "cat /kept; echo more >> /kept; sync";

test.each([
	"disk-image.after-file",
	"disk-image.after-format",
	"snapshots.sized.after-image",
	"snapshots.sized.after-mount",
	"snapshots.prepare.before-row",
	"containers.create.after-snapshot",
])("create, killed at %s: nothing is left, and it can be made again", async (failpoint) => {
	await hull.stop();
	await hull.start({ failpoint });
	await hull.docker(["create", ...options, "busybox", "true"]);
	await hull.ended();
	await hull.start();
	await hull.assertClean();
	expect(await hull.ok(["run", "--rm", ...options, "busybox", "echo", "works"])).toBe("works\n");
});

test("what it wrote outlives a killed daemon and a lost mount, and goes with it when it is removed", async () => {
	await hull.docker(["run", ...options, "busybox", "sh", "-c", script]);
	await hull.kill();
	await hull.start();
	expect((await hull.docker(["start", "-a", "bounded"])).stdout).toBe("more\n");
	await hull.stop();
	unmountAll();
	await hull.start();
	expect((await hull.docker(["start", "-a", "bounded"])).stdout).toBe("more\nmore\n");
	await hull.stop();
	await hull.start({ failpoint: "snapshots.remove.after-row" });
	await hull.docker(["rm", "bounded"]);
	await hull.ended().catch(() => undefined);
	await hull.start();
});

/** As a reboot does. */
function unmountAll(): void {
	const points = readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.map((line) => line.split(" ")[4] ?? "")
		.filter((point) => point.startsWith(`${hull.dataRoot}/snapshots/`));
	expect(points.length).toBeGreaterThan(0);
	for (const point of points.toReversed()) expect(spawnSync("umount", ["-l", point]).status).toBe(0);
}
