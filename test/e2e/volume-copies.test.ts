/** Snapshots of volumes, and what is made of them, through the command line. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";
import { buildTar } from "../support/tar-builder.ts";
import { describeTree, fillTree } from "../support/whole-tree.ts";

const timeoutMs = 60_000;
let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	hull = await startTestDaemon();
	folder = mkdtempSync(join(tmpdir(), "hull-volumes-"));
});
afterAll(async () => {
	await removeVolumes();
	for (const name of [".snapshots", ".staging"])
		expect(readdirSync(join(hull.dataRoot, "volumes", name))).toEqual([]);
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, timeoutMs);

const data = (volume: string) => join(hull.dataRoot, "volumes", volume, "_data");
const own = (...args: string[]) => hullCli(hull.socket, args);
async function ok(...args: string[]): Promise<string> {
	const { code, stdout, stderr } = await own(...args);
	expect({ args, code, stderr }).toEqual({ args, code: 0, stderr });
	return stdout;
}

async function refused(text: string, ...args: string[]): Promise<void> {
	const { code, stderr } = await own(...args);
	expect(stderr).toContain(text);
	expect(code).toBe(1);
}

async function removeVolumes(): Promise<void> {
	await own("volume", "snapshot", "prune", "-f");
	await own("volume", "prune", "-a", "-f");
}

describe("snapshots", () => {
	test("keep everything, and bring it back", async () => {
		await ok("volume", "create", "db");
		fillTree(data("db"));
		const before = describeTree(data("db"));
		const id = (await ok("volume", "snapshot", "create", "--name", "first", "--label", "a=b", "db")).trim();
		expect(id).toMatch(/^[0-9a-f]{64}$/);
		writeFileSync(join(data("db"), "plain"), "changed\n");
		rmSync(join(data("db"), "sub"), { recursive: true });
		await ok("volume", "snapshot", "create", "--name", "second", "db");
		expect(await ok("volume", "restore", "db", "first")).toBe("db\n");
		expect(describeTree(data("db"))).toEqual(before);
		expect(statSync(join(data("db"), "sparse")).blocks).toBeLessThan(1000);
		await ok("volume", "restore", "db", "second");
		expect(readFileSync(join(data("db"), "plain"), "utf8")).toBe("changed\n");
		await ok("volume", "restore", "db", id.slice(0, 12));
		expect(describeTree(data("db"))).toEqual(before);

		const rows = await ok("volume", "snapshot", "ls", "--format", "{{.Volume}} {{.Name}} {{.Labels}}", "db");
		expect(rows).toBe("db first a=b\ndb second \n");
		const listed = JSON.parse(
			(await ok("volume", "snapshot", "ls", "-s", "--format", "json")).split("\n")[0]!,
		);
		expect(listed).toMatchObject({ Name: "first", Volume: "db" });
		expect(
			(await ok("system", "df")).split("\n").find((line) => line.startsWith("Volume Snapshots")),
		).toMatch(/Snapshots\s+2\s+0/);
	});

	test("go with prune, as many as are wanted; a volume that has some stays", async () => {
		await refused("volume has snapshots: first, second", "volume", "rm", "db");
		await ok("volume", "prune", "-a", "-f");
		expect(await ok("volume", "ls", "-q")).toBe("db\n");
		const pruned = await ok("volume", "snapshot", "prune", "-f", "--keep", "1", "db");
		expect(pruned).toContain("db: first\n");
		expect(await ok("volume", "snapshot", "ls", "--format", "{{.Name}}")).toBe("second\n");
		expect(await ok("volume", "snapshot", "rm", "db", "second")).toBe("second\n");
		await ok("volume", "rm", "db");
	});

	test("errors name what is wrong", async () => {
		await refused("get nope: no such volume", "volume", "snapshot", "create", "nope");
		await ok("volume", "create", "vol");
		await ok("volume", "snapshot", "create", "--name", "same", "vol");
		await refused(
			"has a snapshot with the name same already",
			"volume",
			"snapshot",
			"create",
			"--name",
			"same",
			"vol",
		);
		await refused("invalid snapshot name", "volume", "snapshot", "create", "--name", "../x", "vol");
		await refused("volume vol: no such snapshot: nope", "volume", "restore", "vol", "nope");
		await refused("volume name vol is taken", "volume", "clone", "vol", "vol");
		await refused('"a/b" includes invalid characters', "volume", "clone", "vol", "a/b");
		await removeVolumes();
	});
});

describe("with containers", () => {
	test("a snapshot is of one moment while a container writes, which goes on", async () => {
		const writer = "i=0; while :; do i=$((i+1)); echo $i > /v/one; echo $i > /v/two; done";
		await hull.ok(["run", "-d", "--name", "writer", "-v", "busy:/v", "busybox", "sh", "-c", writer]);
		await eventually(() => expect(existsSync(join(data("busy"), "two"))).toBe(true));
		for (let round = 0; round < 5; round++) {
			await ok("volume", "clone", "busy", `copy${round}`);
			const number = (name: string) => Number(readFileSync(join(data(`copy${round}`), name), "utf8"));
			// Empty between the opening and the writing.
			const [one, two] = [number("one"), number("two")];
			if (one !== 0 && two !== 0) expect(one - two).toBeWithin(0, 2);
		}
		const now = readFileSync(join(data("busy"), "one"), "utf8");
		await eventually(() => expect(readFileSync(join(data("busy"), "one"), "utf8")).not.toBe(now));
		expect((await hull.api("GET", "/containers/writer/json")).json.State.Status).toBe("running");

		await ok("volume", "snapshot", "create", "--name", "snap", "busy");
		for (const args of [
			["restore", "busy", "snap"],
			["rename", "busy", "idle"],
		])
			await refused("in use by running containers: writer", "volume", ...args);
		await hull.ok(["rm", "-f", "writer"]);
		await removeVolumes();
	});

	test("a paused one stays paused", async () => {
		await hull.ok(["run", "-d", "--name", "paused", "-v", "still:/v", "busybox", "sleep", "1000"]);
		await hull.ok(["pause", "paused"]);
		await ok("volume", "clone", "still", "copy");
		expect((await hull.api("GET", "/containers/paused/json")).json.State.Status).toBe("paused");
		await refused("in use by running containers: paused", "volume", "rename", "still", "moved");
		await hull.ok(["rm", "-f", "paused"]);
		await removeVolumes();
	});

	test("rename takes stopped containers and snapshots along", async () => {
		await hull.ok([
			"create",
			"--name",
			"user",
			"-v",
			"old:/v",
			"--mount",
			"type=volume,src=old,dst=/w",
			"busybox",
			"cat",
			"/v/f",
			"/w/f",
		]);
		writeFileSync(join(data("old"), "f"), "content\n");
		await ok("volume", "snapshot", "create", "--name", "snap", "old");
		await ok("volume", "rename", "old", "new");
		expect(await ok("volume", "ls", "-q")).toBe("new\n");
		expect(await hull.ok(["start", "-a", "user"])).toBe("content\ncontent\n");
		const { HostConfig, Mounts } = (await hull.api("GET", "/containers/user/json")).json;
		expect(HostConfig.Binds).toEqual(["new:/v"]);
		expect(HostConfig.Mounts[0].Source).toBe("new");
		expect(Mounts.map((mount: { Name: string }) => mount.Name)).toEqual(["new", "new"]);
		writeFileSync(join(data("new"), "f"), "later\n");
		await ok("volume", "restore", "new", "snap");
		expect(await hull.ok(["start", "-a", "user"])).toBe("content\ncontent\n");
		await hull.ok(["rm", "user"]);
		await removeVolumes();
	});
});

describe("volumes with options of the driver", () => {
	test("are kept, cloned and exported; their content is not replaced", async () => {
		await hull.ok(["volume", "create", "-o", "size=16m", "sized"]);
		await hull.ok(["run", "--rm", "-v", "sized:/v", "busybox", "sh", "-c", "echo content > /v/f"]);
		await eventually(() => expect(existsSync(join(data("sized"), "f"))).toBe(false));
		await ok("volume", "snapshot", "create", "--name", "snap", "sized");
		await ok("volume", "clone", "sized", "plain");
		expect(readFileSync(join(data("plain"), "f"), "utf8")).toBe("content\n");
		await ok("volume", "clone", "--snapshot", "snap", "sized", "old");
		expect(readFileSync(join(data("old"), "f"), "utf8")).toBe("content\n");
		await ok("volume", "export", "-o", join(folder, "sized.tar"), "sized");
		await ok("volume", "import", "imported", join(folder, "sized.tar"));
		expect(readFileSync(join(data("imported"), "f"), "utf8")).toBe("content\n");
		await refused("is made with the option size", "volume", "restore", "sized", "snap");
		await refused(
			"is made with the option size",
			"volume",
			"import",
			"--onto",
			"sized",
			join(folder, "sized.tar"),
		);
		await ok("volume", "rename", "sized", "renamed");
		expect(await hull.ok(["run", "--rm", "-v", "renamed:/v", "busybox", "cat", "/v/f"])).toBe("content\n");
		await eventually(() => expect(existsSync(join(data("renamed"), "f"))).toBe(false));
		await removeVolumes();
	});
});

test("a machine stands still while its volume is copied, and goes on", async () => {
	const writer = "i=0; while :; do i=$((i+1)); echo $i > /v/one; echo $i > /v/two; done";
	const machine = ["-d", "--isolation", "vm", "--name", "machine", "-v", "shared:/v", "busybox"];
	await hull.ok(["run", ...machine, "sh", "-c", writer], { timeoutMs });
	await eventually(() => expect(existsSync(join(data("shared"), "two"))).toBe(true), timeoutMs);
	for (let round = 0; round < 3; round++) {
		await ok("volume", "clone", "shared", `copy${round}`);
		const number = (name: string) => Number(readFileSync(join(data(`copy${round}`), name), "utf8"));
		const [one, two] = [number("one"), number("two")];
		if (one !== 0 && two !== 0) expect(one - two).toBeWithin(0, 2);
	}
	const now = readFileSync(join(data("shared"), "one"), "utf8");
	await eventually(() => expect(readFileSync(join(data("shared"), "one"), "utf8")).not.toBe(now), timeoutMs);
	await hull.ok(["rm", "-f", "machine"], { timeoutMs });
	await removeVolumes();
}, 120_000);

describe("export and import", () => {
	test.each(["none", "gzip", "zstd"])("bring a volume over whole, compression %s", async (compression) => {
		await ok("volume", "create", "source");
		fillTree(data("source"));
		const file = join(folder, `all.${compression}`);
		await ok("volume", "export", "--compression", compression, "-o", file, "source");
		await ok("volume", "import", "target", file);
		expect(describeTree(data("target"))).toEqual(describeTree(data("source")));
		expect(statSync(join(data("target"), "sparse")).blocks).toBeLessThan(1000);
		await removeVolumes();
	});

	test("a chain of increments gives the last state, whatever changed", async () => {
		await ok("volume", "create", "live");
		const path = data("live");
		fillTree(path);
		await ok("volume", "snapshot", "create", "--name", "s0", "live");
		await ok("volume", "export", "--snapshot", "s0", "-o", join(folder, "full.tar"), "live");

		writeFileSync(join(path, "added"), "new\n");
		writeFileSync(join(path, "sub/linked"), "both names change\n");
		rmSync(join(path, "pipe"));
		mkdirSync(join(path, "pipe"));
		writeFileSync(join(path, "pipe/inside"), "a folder now\n");
		// Neither size nor second of the time says so.
		const { mtime } = statSync(join(path, "sub/owned"));
		writeFileSync(join(path, "sub/owned"), "OWNED\n");
		execFileSync("touch", [
			"-d",
			new Date(Math.floor(mtime.getTime() / 1000) * 1000).toISOString(),
			join(path, "sub/owned"),
		]);
		await ok("volume", "snapshot", "create", "--name", "s1", "live");
		await ok("volume", "export", "--since", "s0", "--snapshot", "s1", "-o", join(folder, "one.tar"), "live");

		rmSync(join(path, "sub/deep"), { recursive: true });
		rmSync(join(path, "sub/linked"));
		renameSync(join(path, "pipe"), join(path, "moved"));
		execFileSync("setfattr", ["-x", "user.note", join(path, "plain")]);
		chmodSync(path, 0o700);
		await ok("volume", "export", "--since", "s1", "-o", join(folder, "two.tar"), "live");

		await ok("volume", "import", "back", join(folder, "full.tar"));
		await ok("volume", "import", "--onto", "back", join(folder, "one.tar"));
		await ok("volume", "import", "--onto", "back", join(folder, "two.tar"));
		expect(describeTree(data("back"))).toEqual(describeTree(path));
		expect(statSync(join(folder, "two.tar")).size).toBeLessThan(20_000);
		await removeVolumes();
	});

	test("an export of a volume in use is of one moment, and holds nobody while it is read", async () => {
		await hull.ok([
			"run",
			"-d",
			"--name",
			"user",
			"-v",
			"used:/v",
			"busybox",
			"sh",
			"-c",
			"echo x > /v/f; sleep 1000",
		]);
		await eventually(() => expect(existsSync(join(data("used"), "f"))).toBe(true));
		await ok("volume", "export", "-o", join(folder, "used.tar"), "used");
		await ok("volume", "import", "unused", join(folder, "used.tar"));
		expect(readFileSync(join(data("unused"), "f"), "utf8")).toBe("x\n");
		await hull.ok(["rm", "-f", "user"]);
		await removeVolumes();
	});

	const hostile: [string, Parameters<typeof buildTar>[0], string][] = [
		["a name that climbs out", [{ name: "../escaped", data: "x" }], "outside of the archive's root"],
		[
			"a file through a symlink that leads out",
			[
				{ name: "link", type: "symlink", linkName: "/tmp" },
				{ name: "link/hull-escaped", data: "x" },
			],
			"",
		],
		[
			"a hard link to what is outside",
			[{ name: "hard", type: "hardlink", linkName: "../../../hull.db" }],
			"outside",
		],
		["a device", [{ name: "sda", type: "block", mode: 0o666 }], "allow devices to import it"],
		["a size that lies", [{ name: "big", data: "x", size: 2 ** 40 }], "more than"],
	];
	test.each(hostile)("refuses %s and leaves nothing", async (_what, entries, text) => {
		const file = join(folder, "hostile.tar");
		writeFileSync(file, buildTar(entries));
		const { code, stderr } = await own("volume", "import", "--max-size", "1g", "victim", file);
		if (text !== "") {
			expect(stderr).toContain(text);
			expect(code).toBe(1);
			expect(await ok("volume", "ls", "-q")).toBe("");
		}
		expect(existsSync("/tmp/hull-escaped")).toBe(false);
		expect(readdirSync(join(hull.dataRoot, "volumes", ".staging"))).toEqual([]);
		await removeVolumes();
	});

	test("an archive that is cut off changes nothing", async () => {
		await ok("volume", "create", "whole");
		writeFileSync(join(data("whole"), "f"), "as it was\n");
		const file = join(folder, "cut.tar");
		const archive = buildTar([
			{ name: "f", data: "changed\n" },
			{ name: "g", data: "x".repeat(100_000) },
		]);
		writeFileSync(file, archive.subarray(0, 50_000));
		await refused("", "volume", "import", "--onto", "whole", file);
		expect(readdirSync(data("whole"))).toEqual(["f"]);
		expect(readFileSync(join(data("whole"), "f"), "utf8")).toBe("as it was\n");
		await removeVolumes();
	});
});
