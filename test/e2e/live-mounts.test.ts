import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

setDefaultTimeout(120_000);

let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	hull = await startTestDaemon({ arguments: ["--vm-memory", "128m"] });
	folder = mkdtempSync(join(tmpdir(), "hull-live-"));
	writeFileSync(join(folder, "file"), "from the host");
});
afterEach(async () => {
	const ids = (await hull.ok(["ps", "-aq"])).split("\n").filter((id) => id !== "");
	if (ids.length > 0) await hull.ok(["rm", "-f", "-v", ...ids]);
	// The rest is looked at in the end: the first machine's template may still be in the making.
	await eventually(async () =>
		expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(hull.dataRoot),
	);
	await hull.ok(["volume", "prune", "-af"]);
});
afterAll(async () => {
	rmSync(folder, { recursive: true });
	await hull[Symbol.asyncDispose]();
});

const add = (mount: object) => hull.api("POST", "/hull/containers/live/mounts", mount);
const remove = (target: string, query = "") =>
	hull.api("DELETE", `/hull/containers/live/mounts?target=${encodeURIComponent(target)}${query}`);
const inside = async (script: string) => {
	const { stdout, stderr } = await hull.docker(["exec", "live", "sh", "-c", script]);
	return stdout + stderr;
};
const start = (...args: string[]) =>
	hull.ok(["run", "-d", "--name", "live", "--network", "none", ...args, "busybox", "sleep", "1000"]);
const bind = (target: string, more: object = {}) => ({
	Type: "bind",
	Source: folder,
	Target: target,
	...more,
});

describe("a container that runs", () => {
	test("gets a folder of the host, has it after a restart, and loses it again", async () => {
		await start();
		const added = await add(bind("/made/here"));
		expect([added.status, added.json]).toEqual([
			201,
			expect.objectContaining({ Type: "bind", Source: folder, Destination: "/made/here", RW: true }),
		]);
		expect(await inside("cat /made/here/file; echo back > /made/here/out")).toBe("from the host");
		expect(readFileSync(join(folder, "out"), "utf8")).toBe("back\n");
		await hull.ok(["restart", "-t", "0", "live"]);
		expect(await inside("cat /made/here/file")).toBe("from the host");
		expect((await remove("/made/here")).status).toBe(204);
		expect(await inside("ls /made/here")).toBe("");
		await hull.ok(["restart", "-t", "0", "live"]);
		expect(await inside("ls /made/here")).toBe("");
	});

	test("gets files, volumes with their data, images, and memory, read-only where asked", async () => {
		await start();
		await add({ ...bind("/etc/one"), Source: join(folder, "file"), ReadOnly: true });
		expect(await inside("cat /etc/one; echo x > /etc/one")).toContain(
			"from the hostsh: can't create /etc/one",
		);
		const sized = { DriverConfig: { Options: { size: "4m" } } };
		await add({ Type: "volume", Source: "new", Target: "/etc/copy", VolumeOptions: sized });
		await add({ Type: "volume", Source: "new", Target: "/other", ReadOnly: true });
		expect(await inside("touch /etc/copy/f; ls /other; touch /other/g")).toContain(
			"f\ntouch: /other/g: Read-only",
		);
		await add({ Type: "image", Source: "busybox", Target: "/image", ImageOptions: { Subpath: "etc" } });
		expect(await inside("grep -c root /image/passwd; touch /image/x")).toContain(
			"1\ntouch: /image/x: Read-only",
		);
		await add({ Type: "tmpfs", Target: "/mem", TmpfsOptions: { SizeBytes: 2 ** 20, Mode: 0o700 } });
		expect(await inside("df -k /mem | tail -1 | awk '{print $2}'; stat -c %a /mem")).toBe("1024\n700\n");
		const listed = await hull.api("GET", "/hull/containers/live/mounts");
		expect(listed.json.map(({ Destination }: { Destination: string }) => Destination)).toEqual([
			"/etc/one",
			"/etc/copy",
			"/other",
			"/image",
			"/mem",
		]);
		for (const target of ["/etc/copy", "/other"]) expect((await remove(target)).status).toBe(204);
		// Nothing keeps it.
		expect(existsSync(join(hull.dataRoot, "volumes/new/_data/f"))).toBe(false);
		await hull.ok(["volume", "rm", "new"]);
	});

	test("keeps what is in use, unless it is forced", async () => {
		await start();
		await add(bind("/b"));
		await hull.ok(["exec", "-d", "live", "sh", "-c", "cd /b; sleep 1000"]);
		await eventually(async () => expect(await inside("ls -l /proc/*/cwd")).toContain("/b\n"));
		const refused = await remove("/b");
		expect([refused.status, refused.json.message]).toEqual([
			409,
			expect.stringContaining("/b is in use in the container"),
		]);
		expect(await inside("cat /b/file")).toBe("from the host");
		expect((await remove("/b", "&force=true")).status).toBe(204);
		expect(await inside("ls /b")).toBe("");
	});

	test("is told what cannot be, and nothing changes", async () => {
		await start("-v", "named:/v", "--tmpfs", "/t");
		const problem = async (mount: object) => {
			const { status, json } = await add(mount);
			return `${status} ${json.message}`;
		};
		expect(await problem(bind("/v"))).toContain("409 Duplicate mount point: /v");
		expect(await problem(bind("/t"))).toContain("409 Duplicate mount point: /t");
		expect(await problem(bind("relative"))).toContain("400 ");
		expect(await problem({ ...bind("/x"), Source: join(folder, "none") })).toContain(
			"bind source path does not exist",
		);
		expect(await problem(bind("/etc/passwd"))).toContain("409 cannot mount on /etc/passwd: ENOTDIR");
		const absent = { Type: "volume", Source: "fresh", Target: "/n", VolumeOptions: { Subpath: "none" } };
		expect(await problem(absent)).toContain("cannot access path");
		expect(await hull.ok(["volume", "ls", "-q"])).toBe("named\n");
		expect((await remove("/none")).status).toBe(404);
		expect((await hull.api("GET", "/hull/containers/live/mounts")).json).toHaveLength(1);
	});

	test("its links lead nowhere outside of it", async () => {
		await start();
		await inside(
			`ln -s ../../../../../../..${folder} /up; ln -s /proc/1/root/tmp /magic; mkdir /real; ln -s /real /link`,
		);
		mkdirSync(join(folder, "sub"), { recursive: true });
		symlinkSync("/", join(folder, "sub/top"));
		await add(bind("/up/made"));
		expect(existsSync(join(folder, "made"))).toBe(false);
		expect((await add(bind("/magic/made"))).status).toBe(409);
		await add(bind("/link/made"));
		expect(await inside("cat /real/made/file")).toBe("from the host");
	});
});

test("a container that does not run gets it with its start", async () => {
	await hull.ok(["create", "--name", "live", "busybox", "cat", "/b/file"]);
	expect((await add(bind("/b"))).status).toBe(201);
	expect(await hull.ok(["start", "-a", "live"])).toBe("from the host");
	expect((await remove("/b")).status).toBe(204);
	expect((await hull.docker(["start", "-a", "live"])).stderr).toContain("can't open '/b/file'");
});

test("hulld is killed before it saved a mount: the next start is without it, and it can be done again", async () => {
	await start("-v", "named:/v");
	await hull.stop();
	await hull.start({ failpoint: "containers.mount.after-mount" });
	const mount = { Type: "volume", Source: "named", Target: "/again" };
	await add(mount).catch(() => undefined);
	await hull.ended();
	await hull.start();
	expect((await hull.api("GET", "/hull/containers/live/mounts")).json).toHaveLength(1);
	await hull.ok(["restart", "-t", "0", "live"]);
	expect((await add(mount)).status).toBe(201);
	expect(await inside("touch /v/f; ls /again")).toBe("f\n");
	await hull.stop();
	await hull.start({ failpoint: "containers.unmount.after-unmount" });
	await remove("/again").catch(() => undefined);
	await hull.ended();
	await hull.start();
	expect((await remove("/again")).status).toBe(204);
	expect((await hull.api("GET", "/hull/containers/live/mounts")).json).toHaveLength(1);
});

describe("a machine that runs", () => {
	test("gets mounts beside those that it has, over a restart of hulld, and gives them back", async () => {
		writeFileSync(join(folder, "file"), "from the host");
		await start("--isolation", "vm", "-v", "first:/first");
		const added = await add(bind("/made/here"));
		expect([added.status, added.text]).toEqual([201, expect.stringContaining("/made/here")]);
		expect(await inside("cat /made/here/file; echo back > /made/here/vm")).toBe("from the host");
		expect(readFileSync(join(folder, "vm"), "utf8")).toBe("back\n");
		await add({ Type: "volume", Source: "later", Target: "/later", ReadOnly: true });
		expect(await inside("touch /later/x")).toContain("Read-only file system");
		await hull.kill();
		await hull.start();
		await hull.ok(["exec", "-d", "live", "sh", "-c", "cd /made/here; sleep 1000"]);
		await eventually(async () => expect(await inside("ls -l /proc/*/cwd")).toContain("/made/here\n"));
		const refused = await remove("/made/here");
		expect([refused.status, refused.json.message]).toEqual([
			409,
			expect.stringContaining("in use in the container"),
		]);
		expect((await remove("/made/here", "&force=true")).status).toBe(204);
		expect(await inside("ls /made/here")).toBe("");
		expect((await remove("/first")).json.message).toContain("was mounted when the machine started");
		expect((await add({ Type: "tmpfs", Target: "/t" })).status).toBe(501);
		await hull.ok(["restart", "-t", "0", "live"]);
		expect(await inside("ls -d /later; ls /made/here")).toBe("/later\n");
		expect((await remove("/later")).json.message).toContain("was mounted when the machine started");
	});

	test("that was started with nothing of the host is refused by name, and keeps nothing", async () => {
		await start("--isolation", "vm");
		const { status, json } = await add(bind("/b"));
		expect([status, json.message]).toEqual([
			501,
			expect.stringContaining("started without any bind or volume"),
		]);
		expect((await hull.api("GET", "/hull/containers/live/mounts")).json).toEqual([]);
	});
});
