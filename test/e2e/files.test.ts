import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	hull = await startTestDaemon();
	folder = mkdtempSync(join(tmpdir(), "hull-files-"));
});
afterAll(async () => {
	rmSync(folder, { recursive: true });
	await hull[Symbol.asyncDispose]();
});

const run = (...args: string[]) => hull.docker(["run", "--rm", ...args]);

describe("binds and volumes", () => {
	test("a bind is seen both ways; read-only it cannot be written", async () => {
		writeFileSync(join(folder, "in"), "from the host");
		const { stdout } = await run(
			"-v",
			`${folder}:/b`,
			"busybox",
			"sh",
			"-c",
			"cat /b/in; echo back > /b/out",
		);
		expect(stdout).toBe("from the host");
		expect(readFileSync(join(folder, "out"), "utf8")).toBe("back\n");
		const readOnly = await run("-v", `${folder}:/b:ro`, "busybox", "touch", "/b/no");
		expect(readOnly.stderr).toContain("Read-only file system");
		expect(
			(await run("--mount", `type=bind,src=${folder},dst=/b,ro`, "busybox", "touch", "/b/no")).code,
		).toBe(1);
	});

	test("-v makes a missing source", async () => {
		const source = join(folder, "made", "by", "v");
		await run("-v", `${source}:/x`, "busybox", "true");
		expect(existsSync(source)).toBe(true);
	});

	test("a file can be bound", async () => {
		writeFileSync(join(folder, "one"), "1");
		expect((await run("-v", `${folder}/one:/etc/one`, "busybox", "cat", "/etc/one")).stdout).toBe("1");
	});

	test("a named volume keeps its data from one container to the next", async () => {
		await run("-v", "keep:/data", "busybox", "sh", "-c", "echo kept > /data/f");
		expect((await run("-v", "keep:/other:ro", "busybox", "cat", "/other/f")).stdout).toBe("kept\n");
		await hull.ok(["create", "--name", "user", "-v", "keep:/d", "busybox"]);
		expect((await hull.docker(["volume", "rm", "keep"])).stderr).toContain("volume is in use");
		await hull.ok(["rm", "user"]);
		await hull.ok(["volume", "rm", "keep"]);
	});

	test("a new volume gets the image's files at its place, with nocopy it does not", async () => {
		expect((await run("-v", "copied:/etc", "busybox", "cat", "/etc/passwd")).stdout).toContain("root:x:0:0");
		expect((await run("-v", "copied:/v", "busybox", "ls", "/v")).stdout).toContain("passwd");
		expect((await run("-v", "bare:/home:nocopy", "busybox", "stat", "-c", "%u", "/home")).stdout).toBe("0\n");
		await hull.ok(["volume", "rm", "copied", "bare"]);
	});

	test("tmpfs and shared memory have the size that was asked for", async () => {
		const { stdout } = await run(
			...[
				"--tmpfs",
				"/t:size=1m",
				"--shm-size",
				"2m",
				"--mount",
				"type=tmpfs,dst=/m,tmpfs-size=3m",
				"busybox",
			],
			...["df", "-k", "/t", "/dev/shm", "/m"],
		);
		expect(stdout.match(/tmpfs\s+(\d+)/g)?.map((line) => Number(/\d+/.exec(line)![0]))).toContain(1024);
		expect(stdout).toMatch(/\b2048\b/);
		expect(stdout).toMatch(/\b3072\b/);
	});

	test("another container's volumes", async () => {
		await hull.ok(["create", "--name", "giver", "-v", "/given", "busybox"]);
		await run("--volumes-from", "giver", "busybox", "sh", "-c", "echo x > /given/f");
		expect(
			(await run("--volumes-from", "giver:ro", "busybox", "sh", "-c", "cat /given/f; touch /given/g")).stdout,
		).toBe("x\n");
		await hull.ok(["rm", "-v", "giver"]);
		expect(await hull.ok(["volume", "ls", "-q"])).toBe("");
	});

	test("a read-only root", async () => {
		const { code, stderr } = await run(
			"--read-only",
			"--tmpfs",
			"/tmp",
			"busybox",
			"sh",
			"-c",
			"touch /tmp/ok && touch /no",
		);
		expect(code).toBe(1);
		expect(stderr).toContain("/no: Read-only file system");
	});
});

describe("cp", () => {
	test.each(["running", "stopped"])("both ways, %s", async (state) => {
		const command = state === "running" ? ["sleep", "1000"] : ["true"];
		await hull.ok(["run", "-d", "--name", "copy", "busybox", ...command]);
		if (state === "stopped") await hull.ok(["wait", "copy"]);
		mkdirSync(join(folder, "tree", "sub"), { recursive: true });
		writeFileSync(join(folder, "tree", "sub", "f"), "deep");
		await hull.ok(["cp", join(folder, "tree"), "copy:/root/"]);
		await hull.ok(["cp", "copy:/root/tree/sub/f", join(folder, `back-${state}`)]);
		expect(readFileSync(join(folder, `back-${state}`), "utf8")).toBe("deep");
		expect((await hull.docker(["cp", "copy:/nosuch", folder])).stderr).toContain(
			"Could not find the file /nosuch in container copy",
		);
		await hull.ok(["rm", "-f", "copy"]);
	});

	test("into a volume of a stopped container", async () => {
		await hull.ok(["create", "--name", "vol", "-v", "target:/t", "busybox"]);
		await hull.ok(["cp", join(folder, "in"), "vol:/t/in"]);
		await hull.ok(["rm", "vol"]);
		expect((await run("-v", "target:/t", "busybox", "cat", "/t/in")).stdout).toBe("from the host");
		await hull.ok(["volume", "rm", "target"]);
	});
});

describe("diff, export, commit", () => {
	test("only what the container changed, not what the engine mounted", async () => {
		await hull.ok([
			"run",
			"--name",
			"changed",
			"busybox",
			"sh",
			"-c",
			"echo x > /etc/new; rm /etc/group; mkdir /d; touch /tmp/t",
		]);
		expect((await hull.ok(["diff", "changed"])).split("\n").sort()).toEqual([
			"",
			"A /d",
			"A /etc/new",
			"A /tmp/t",
			"C /etc",
			"C /tmp",
			"D /etc/group",
		]);
		await hull.ok(["export", "-o", join(folder, "tree.tar"), "changed"]);
		await hull.ok(["import", join(folder, "tree.tar"), "imported:1"]);
		expect((await run("imported:1", "cat", "/etc/new")).stdout).toBe("x\n");
		await hull.ok(["commit", "-c", "CMD cat /etc/new", "changed", "committed:1"]);
		expect((await run("committed:1")).stdout).toBe("x\n");
		expect((await run("committed:1", "ls", "/etc")).stdout).not.toContain("group");
		await hull.ok(["rm", "changed"]);
		await hull.ok(["rmi", "imported:1", "committed:1"]);
	});
});
