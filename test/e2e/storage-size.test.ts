import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

test("--storage-opt size bounds what a container writes, in itself alone; its files are where they always are", async () => {
	const write = "dd if=/dev/zero of=/big bs=1M count=64 2>&1; echo kept > /note; sleep 1000";
	await hull.ok(["run", "-d", "--name", "free", "busybox", "sh", "-c", write]);
	await hull.ok([
		"run",
		"-d",
		"--name",
		"bounded",
		"--storage-opt",
		"size=32m",
		"busybox",
		"sh",
		"-c",
		"sleep 1000",
	]);
	const inside = (name: string, command: string) => hull.ok(["exec", name, "sh", "-c", command]);
	const fill = await inside("bounded", "dd if=/dev/zero of=/big bs=1M count=64 2>&1; stat -c %s /big");
	expect(fill).toContain("No space left on device");
	expect(Number(fill.trim().split("\n").at(-1))).toBeLessThan(32 * 2 ** 20);
	await inside("free", "echo there is room > /file");

	await inside("bounded", "rm /big; echo kept > /note");
	expect(Number((await inside("bounded", "df -k / | tail -1")).trim().split(/\s+/)[1])).toBeLessThan(
		32 * 1024,
	);
	expect((await hull.ok(["diff", "bounded"])).split("\n").sort()).toEqual(["", "A /note"]);
	await hull.ok(["stop", "-t", "0", "bounded", "free"]);
	expect((await hull.ok(["diff", "bounded"])).split("\n").sort()).toEqual(["", "A /note"]);
	expect(await hull.ok(["cp", "bounded:/note", "-"])).toContain("kept\n");
	expect((await hull.api("POST", "/commit?container=bounded&repo=of-bounded", {})).status).toBe(201);
	expect(await hull.ok(["run", "--rm", "of-bounded", "cat", "/note"])).toBe("kept\n");
	expect(await hull.ok(["export", "bounded"])).toContain("kept\n");
	const size = (await hull.api("GET", "/containers/bounded/json?size=1")).json;
	expect([size.SizeRw, size.HostConfig.StorageOpt]).toEqual([5, { size: "32m" }]);
	await hull.ok(["start", "bounded"]);
	expect(await inside("bounded", "cat /note")).toBe("kept\n");
	await hull.ok(["rm", "-f", "bounded", "free"]);
	await hull.assertClean();
	await hull.ok(["rmi", "of-bounded"]);
});

test("in a user namespace too; what is no size is refused", async () => {
	const run = (...args: string[]) => hull.docker(["run", "--rm", ...args]);
	const HostConfig = { UsernsMode: "private", StorageOpt: { size: "8m" } };
	const Cmd = ["sh", "-c", "echo x > /f; cat /f; id -u"];
	await hull.api("POST", "/containers/create?name=mapped", { Image: "busybox", Cmd, HostConfig });
	expect(await hull.ok(["start", "-a", "mapped"])).toBe("x\n0\n");
	await hull.ok(["rm", "mapped"]);
	expect((await run("--storage-opt", "size=much", "busybox", "true")).stderr).toContain(
		"must be a size, like 20g",
	);
	expect((await run("--storage-opt", "size=1k", "busybox", "true")).stderr).toContain(
		"must be between 1m and 16t",
	);
});
