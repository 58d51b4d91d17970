/**
 * Copies of volumes, killed between any two steps: nothing is lost, nothing is left, and the second try works.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	hull = await startTestDaemon();
	folder = mkdtempSync(join(tmpdir(), "hull-volumes-"));
});
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const root = (...names: string[]) => join(hull.dataRoot, "volumes", ...names);
const own = (...args: string[]) => hullCli(hull.socket, args);
const content = (volume: string) => readFileSync(root(volume, "_data", "f"), "utf8");
const write = (volume: string, text: string) => writeFileSync(root(volume, "_data", "f"), text);

async function ok(...args: string[]): Promise<string> {
	const { code, stdout, stderr } = await own(...args);
	expect({ args, code, stderr }).toEqual({ args, code: 0, stderr });
	return stdout;
}

/** Runs the command with an engine that dies there, and starts the next one. */
async function crashAt(point: string, ...args: string[]): Promise<void> {
	await hull.stop();
	await hull.start({ failpoint: point });
	await own(...args);
	await hull.ended();
	await hull.start();
}

async function volumes(): Promise<string[]> {
	return (await ok("volume", "ls", "-q")).split("\n").filter((name) => name !== "");
}

async function snapshots(volume: string): Promise<string[]> {
	const names = await ok("volume", "snapshot", "ls", "--format", "{{.Name}}", volume);
	return names.split("\n").filter((name) => name !== "");
}

/** Made when first needed. */
function namesIn(folder: string): string[] {
	return existsSync(root(folder)) ? readdirSync(root(folder)) : [];
}

/** The folders are those of the records, and staging is empty. */
async function assertTidy(): Promise<void> {
	await eventually(() => expect(namesIn(".staging")).toEqual([]));
	const listed = (await ok("volume", "snapshot", "ls", "-q", "--format", "{{.ID}}")).split("\n");
	expect(
		namesIn(".snapshots")
			.map((id) => id.slice(0, 12))
			.sort(),
	).toEqual(listed.filter((id) => id !== "").sort());
	const folders = readdirSync(root()).filter((name) => !name.startsWith("."));
	expect(folders.sort()).toEqual((await volumes()).sort());
}

async function cleanUp(): Promise<void> {
	await ok("volume", "snapshot", "prune", "-f");
	await ok("volume", "prune", "-a", "-f");
	await assertTidy();
}

const making = ["volumes.copy.after-fill", "volumes.move.after-record", "volumes.move.after-rename"];
const isMade = (point: string) => point.startsWith("volumes.move");

describe("snapshot create", () => {
	test.each(making)("killed at %s", async (point) => {
		await ok("volume", "create", "data");
		write("data", "kept");
		await crashAt(point, "volume", "snapshot", "create", "--name", "snap", "data");
		expect(await snapshots("data")).toEqual(isMade(point) ? ["snap"] : []);
		await assertTidy();
		if (!isMade(point)) await ok("volume", "snapshot", "create", "--name", "snap", "data");
		write("data", "changed");
		await ok("volume", "restore", "data", "snap");
		expect(content("data")).toBe("kept");
		await cleanUp();
	});

	test("killed while a container is held still: it goes on", async () => {
		const counter = "i=0; while :; do i=$((i+1)); echo $i > /v/f; usleep 10000; done";
		await hull.ok(["run", "-d", "--name", "counter", "-v", "data:/v", "busybox", "sh", "-c", counter]);
		await eventually(() => expect(existsSync(root("data", "_data", "f"))).toBe(true));
		await crashAt("containers.volume.after-freeze", "volume", "snapshot", "create", "data");
		const before = content("data");
		await eventually(() => expect(content("data")).not.toBe(before));
		await ok("volume", "snapshot", "create", "data");
		await hull.ok(["rm", "-f", "counter"]);
		await cleanUp();
	});
});

describe("snapshot rm", () => {
	const points = ["volumes.move.after-record", "volumes.move.after-rename", "volumes.snapshot.before-delete"];
	test.each(points)("killed at %s: it is gone", async (point) => {
		await ok("volume", "create", "data");
		await ok("volume", "snapshot", "create", "--name", "snap", "data");
		await crashAt(point, "volume", "snapshot", "rm", "data", "snap");
		expect(await snapshots("data")).toEqual([]);
		await cleanUp();
	});
});

describe("clone", () => {
	test.each(making)("killed at %s: whole or not there", async (point) => {
		await ok("volume", "create", "data");
		write("data", "kept");
		await crashAt(point, "volume", "clone", "data", "copy");
		expect(await volumes()).toEqual(isMade(point) ? ["copy", "data"] : ["data"]);
		await assertTidy();
		if (!isMade(point)) await ok("volume", "clone", "data", "copy");
		expect([content("data"), content("copy")]).toEqual(["kept", "kept"]);
		await cleanUp();
	});
});

describe("restore", () => {
	const points = ["volumes.copy.after-fill", "volumes.restore.after-exchange"];
	test.each(points)("killed at %s: one content or the other", async (point) => {
		await ok("volume", "create", "data");
		write("data", "kept");
		await ok("volume", "snapshot", "create", "--name", "snap", "data");
		write("data", "now");
		await crashAt(point, "volume", "restore", "data", "snap");
		expect(content("data")).toBe(point.endsWith("exchange") ? "kept" : "now");
		expect(await snapshots("data")).toEqual(["snap"]);
		await assertTidy();
		await ok("volume", "restore", "data", "snap");
		expect(content("data")).toBe("kept");
		await cleanUp();
	});
});

describe("rename", () => {
	const points = ["volumes.move.after-record", "volumes.move.after-rename"];
	test.each(points)("killed at %s: it has the new name, for its container too", async (point) => {
		await hull.ok(["create", "--name", "user", "-v", "old:/v", "busybox", "cat", "/v/f"]);
		write("old", "kept");
		await ok("volume", "snapshot", "create", "--name", "snap", "old");
		await crashAt(point, "volume", "rename", "old", "new");
		expect(await volumes()).toEqual(["new"]);
		expect(await snapshots("new")).toEqual(["snap"]);
		expect(await hull.ok(["start", "-a", "user"])).toBe("kept");
		await assertTidy();
		await hull.ok(["rm", "user"]);
		await cleanUp();
	});
});

describe("import", () => {
	const points = ["volumes.import.after-unpack", "volumes.move.after-record", "volumes.move.after-rename"];
	test.each(points)("killed at %s: whole or not there", async (point) => {
		await ok("volume", "create", "data");
		write("data", "kept");
		await ok("volume", "export", "-o", join(folder, "data.tar"), "data");
		await crashAt(point, "volume", "import", "copy", join(folder, "data.tar"));
		expect(await volumes()).toEqual(isMade(point) ? ["copy", "data"] : ["data"]);
		if (!isMade(point)) await ok("volume", "import", "copy", join(folder, "data.tar"));
		expect(content("copy")).toBe("kept");
		await cleanUp();
	});

	const onto = ["volumes.copy.after-fill", "volumes.import.after-unpack", "volumes.import.after-exchange"];
	test.each(onto)("--onto killed at %s: one content or the other", async (point) => {
		await ok("volume", "create", "data");
		write("data", "new");
		await ok("volume", "export", "-o", join(folder, "data.tar"), "data");
		write("data", "old");
		await crashAt(point, "volume", "import", "--onto", "data", join(folder, "data.tar"));
		expect(content("data")).toBe(point.endsWith("exchange") ? "new" : "old");
		await assertTidy();
		await ok("volume", "import", "--onto", "data", join(folder, "data.tar"));
		expect(content("data")).toBe("new");
		await cleanUp();
	});
});
