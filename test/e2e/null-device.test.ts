import { afterAll, beforeAll, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const nullDevice = () => {
	const { uid, gid, mode } = statSync("/dev/null");
	return { uid, gid, mode };
};

test("the host's null device is not a container's standard input: whoever has it may change it", async () => {
	const before = nullDevice();
	await hull.ok(["run", "-d", "--name", "user", "--user", "1234", "busybox", "sleep", "1000"]);
	await hull.ok(["exec", "-d", "--user", "77", "user", "sleep", "1000"]);
	const change = "chmod 600 /proc/self/fd/0; chown 5:5 /proc/self/fd/0; stat -L -c '%a %u' /proc/self/fd/0";
	expect(await hull.ok(["run", "--rm", "busybox", "sh", "-c", change])).toBe("600 5\n");
	await hull.ok(["run", "--rm", "busybox", "sh", "-c", "chmod 600 /proc/kcore || true"]);
	expect(nullDevice()).toEqual(before);
});
