import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { serveRegistry } from "../support/served-registry.ts";

let hull: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-registry-crash-"));
beforeAll(async () => {
	hull = await startTestDaemon();
	await hull.ok(["create", "--name", "source", "busybox", "true"]);
	await hull.ok(["cp", "/etc/hostname", "source:/pushed"]);
	await hull.ok(["commit", "source", "pushed:1"]);
	await hull.ok(["rm", "source"]);
	await hull.ok(["save", "-o", join(folder, "image.tar"), "pushed:1"]);
	await hull.ok(["rmi", "pushed:1"]);
});
afterAll(async () => {
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const blobs = () => readdirSync(join(hull.dataRoot, "content/blobs/sha256")).sort();
const push = async () => {
	await using registry = await serveRegistry(hull, { ReadWrite: true });
	const target = `docker://${registry.address}/pushed:1`;
	const source = `docker-archive:${join(folder, "image.tar")}`;
	await promisify(execFile)("skopeo", ["copy", "--dest-tls-verify=false", "--retry-times=0", source, target]);
};

test.each([
	"images.unpack.before-commit",
	"images.unpack.after-commit",
	"images.register.before-persist",
	"images.register.after-persist",
	"registry-server.put.before-row",
	"registry-server.put.after-row",
])(
	"killed at %s in a push: the image is there whole or not, and the next push is",
	async (failpoint) => {
		const before = blobs();
		await hull.stop();
		await hull.start({ failpoint });
		await push().catch(() => undefined);
		await hull.ended();
		await hull.start();
		const isThere = (await hull.docker(["image", "inspect", "pushed:1"])).code === 0;
		if (isThere) expect(await hull.ok(["run", "--rm", "pushed:1", "ls", "/pushed"])).toBe("/pushed\n");
		else expect(blobs()).toEqual(before);
		await push();
		expect(await hull.ok(["run", "--rm", "pushed:1", "ls", "/pushed"])).toBe("/pushed\n");
		await hull.ok(["rmi", "pushed:1"]);
		await hull.stop();
		await hull.start();
		expect(blobs()).toEqual(before);
	},
	60_000,
);
