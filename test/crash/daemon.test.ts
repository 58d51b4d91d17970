import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { hulldCommand, startTestDaemon, type TestDaemon } from "../support/daemon.ts";

/** Runs hulld to its end. */
function hulld(...args: string[]) {
	const [program, ...entry] = hulldCommand();
	const { status, stderr, stdout } = spawnSync(program!, [...entry, ...args], {
		encoding: "utf8",
		timeout: 20_000,
	});
	return { status, stderr, stdout };
}

describe("two daemons", () => {
	let hull: TestDaemon;
	beforeAll(async () => {
		hull = await startTestDaemon({ image: false });
	});
	afterAll(async () => hull[Symbol.asyncDispose]());

	test("the second on the same data root refuses and names the first", async () => {
		const { status, stderr } = hulld("--data-root", hull.dataRoot, "--run-root", `${hull.runRoot}-other`);
		expect(status).toBe(1);
		expect(stderr).toBe(`hulld: ${hull.dataRoot} is in use by another hulld, process ${hull.pid}\n`);
		expect((await hull.api("GET", "/_ping")).status).toBe(200);
	});

	test("so does one on the same run root", () => {
		const { status, stderr } = hulld("--data-root", `${hull.dataRoot}-other`, "--run-root", hull.runRoot);
		expect(status).toBe(1);
		expect(stderr).toContain(`${hull.runRoot} is in use by another hulld`);
		rmSync(`${hull.dataRoot}-other`, { recursive: true });
	});

	test("after a kill the next one starts in the same place", async () => {
		await hull.kill();
		await hull.start();
		expect((await hull.api("GET", "/_ping")).text).toBe("OK");
	});
});

describe("where it may not start", () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), "hull-daemon-"));
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	const roots = () => ["--data-root", join(folder, "data"), "--run-root", join(folder, "run")];

	test("a socket that somebody listens on is not taken", async () => {
		const path = join(folder, "taken.sock");
		const server = createServer().listen(path);
		const { status, stderr } = hulld(...roots(), "--host", `unix://${path}`);
		server.close();
		expect(stderr).toContain(`hulld: unix://${path}: another program listens there`);
		expect(status).toBe(1);
	});

	test("a file that is no socket is not replaced", () => {
		const path = join(folder, "file");
		writeFileSync(path, "precious");
		expect(hulld(...roots(), "--host", `unix://${path}`).stderr).toContain(
			"a file that is no socket is there",
		);
		expect(readFileSync(path, "utf8")).toBe("precious");
	});

	test.each([
		["an unknown flag", ["--nosuch"], "--nosuch"],
		["a relative root", ["--data-root", "x"], "--data-root x: must be an absolute path"],
		["a level", ["--log-level", "loud"], "--log-level loud: is none of debug, info, warn, error"],
		["a host", ["--host", "http://x"], "--host http://x: must be unix:///PATH, tcp://ADDRESS:PORT or fd://"],
		["a runtime", ["--default-runtime", "nosuch"], "--default-runtime nosuch: no such runtime"],
		["a layer limit", ["--max-layer-size", "none"], "--max-layer-size none: must be a size above zero"],
		["a file", ["--config", "/nosuch.json"], "/nosuch.json"],
	])("%s", (_what, flags, text) => {
		const { status, stderr } = hulld(...roots(), ...flags);
		expect(stderr).toContain(text);
		expect(stderr).toStartWith("hulld: ");
		expect(status).toBe(1);
	});

	test("the configuration file names what it does not know", () => {
		const file = join(folder, "hulld.json");
		writeFileSync(file, '{"data-rot": "/x"}');
		expect(hulld("--config", file).stderr).toBe(`hulld: ${file}: unknown key "data-rot"\n`);
		writeFileSync(file, '{"hosts": "unix:///x"}');
		expect(hulld("--config", file).stderr).toBe(`hulld: ${file}: hosts: expected a list of strings\n`);
	});
});

describe("records that cannot be read", () => {
	test("are set aside and reported, with the container's files kept", async () => {
		await using hull = await startTestDaemon();
		const id = (await hull.ok(["create", "--name", "odd", "busybox"])).trim();
		await hull.ok(["create", "--name", "good", "busybox"]);
		await hull.stop();
		const db = new DatabaseSync(join(hull.dataRoot, "hull.db"));
		const { value } = db.prepare("SELECT value FROM containers WHERE key = ?").get(id) as { value: string };
		db.prepare("UPDATE containers SET value = ? WHERE key = ?").run(
			value.replace('"created"', '"dancing"'),
			id,
		);
		db.close();
		await hull.start();
		expect(await hull.ok(["ps", "-a", "--format", "{{.Names}}"])).toBe("good\n");
		expect(hull.log()).toContain("set aside");
		expect(hull.log()).toContain(id);
		await hull.stop();
		const again = new DatabaseSync(join(hull.dataRoot, "hull.db"));
		again.prepare("INSERT INTO containers VALUES (?, ?)").run(id, value);
		again.exec("DELETE FROM containers_rejected");
		again.close();
		await hull.start();
		expect((await hull.ok(["ps", "-a", "--format", "{{.Names}}"])).split("\n").sort()).toEqual([
			"",
			"good",
			"odd",
		]);
	});
});

const fillers = [
	["fill", "64k"],
	["fill2", "512"],
] as const;

function fill(mountpoint: string): void {
	for (const [name, size] of fillers)
		spawnSync("dd", ["if=/dev/zero", `of=${mountpoint}/${name}`, `bs=${size}`]);
}

function empty(mountpoint: string): void {
	for (const [name] of fillers) rmSync(`${mountpoint}/${name}`);
}

describe("a full disk", () => {
	test("is a clear error, containers go on, and with room again everything works", async () => {
		const root = mkdtempSync(join(tmpdir(), "hull-full-"));
		const image = join(root, "disk");
		const mountpoint = join(root, "mnt");
		execFileSync("sh", [
			"-c",
			`truncate -s 64m ${image} && mkfs.ext4 -q ${image} && mkdir ${mountpoint} && mount -o loop ${image} ${mountpoint}`,
		]);
		try {
			await using hull = await startTestDaemon({ dataRoot: join(mountpoint, "data") });
			await hull.ok([
				"run",
				"-d",
				"--name",
				"printer",
				"busybox",
				"sh",
				"-c",
				"while :; do echo line; usleep 50000; done",
			]);
			fill(mountpoint);
			const { code, stderr } = await hull.docker(["run", "busybox", "true"]);
			expect(code).toBe(125);
			expect(stderr).toMatch(/no space left on device|database or disk is full/);
			const { State } = (await hull.api("GET", "/containers/printer/json")).json;
			expect(State.Status).toBe("running");
			await hull.ok(["kill", "printer"]);
			expect((await hull.api("GET", "/containers/printer/json")).json.State.Status).toBe("exited");
			empty(mountpoint);
			expect(await hull.ok(["run", "--rm", "busybox", "echo", "works"])).toBe("works\n");
			await hull.kill();
			await hull.start();
			expect((await hull.api("GET", "/containers/printer/json")).json.State.Status).toBe("exited");
			await hull.ok(["start", "printer"]);
			await hull.ok(["exec", "printer", "dd", "if=/dev/zero", "of=/big", "bs=64k", "count=100"]);
			fill(mountpoint);
			await hull.ok(["rm", "-f", "printer"]);
			empty(mountpoint);
		} finally {
			execFileSync("umount", [mountpoint]);
			rmSync(root, { recursive: true, force: true });
		}
	});

	test("and so is a root that cannot be written", () => {
		const root = mkdtempSync(join(tmpdir(), "hull-ro-"));
		execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "none", root]);
		try {
			const { status, stderr } = hulld("--data-root", join(root, "data"), "--run-root", `${root}-run`);
			expect(stderr).toBe(`hulld: ${join(root, "data", "hulld.lock")}: read-only file system\n`);
			expect(status).toBe(1);
		} finally {
			execFileSync("umount", [root]);
			rmSync(root, { recursive: true });
		}
	});
});
