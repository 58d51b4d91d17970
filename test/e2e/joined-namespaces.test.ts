/** Containers in the IPC and process namespaces of another one, whatever becomes of that one or of hulld. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

setDefaultTimeout(120_000);

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const start = (name: string, ...options: string[]) =>
	hull.ok(["run", "-d", "--name", name, "--network", "none", ...options, "busybox", "sleep", "1000"]);
const inside = (name: string, script: string) => hull.ok(["exec", name, "sh", "-c", script]);
const namespaces = (name: string) => inside(name, "readlink /proc/self/ns/ipc; readlink /proc/self/ns/pid");

describe.each(["crun", "runc"])("with %s", (runtime) => {
	test("memory and processes are the other one's, also after both or hulld were started again", async () => {
		await start("donor", "--runtime", runtime, "--ipc", "shareable");
		await start("guest", "--runtime", runtime, "--ipc", "container:donor", "--pid", "container:donor");
		const assertJoined = async () => {
			await inside("donor", "echo shared > /dev/shm/file");
			expect(await inside("guest", "cat /dev/shm/file; ps | grep -c '[s]leep 1000'")).toBe("shared\n2\n");
			await inside("guest", "echo back > /dev/shm/file");
			expect(await inside("donor", "cat /dev/shm/file")).toBe("back\n");
			expect(await namespaces("guest")).toBe(await namespaces("donor"));
			const flags = await inside("guest", "grep ' /dev/shm ' /proc/mounts");
			expect(flags).toMatch(/ rw,nosuid,nodev,noexec,/);
		};
		await assertJoined();
		await hull.kill();
		await hull.start();
		await assertJoined();

		await hull.ok(["restart", "-t", "0", "donor"]);
		await hull.ok(["restart", "-t", "0", "guest"]);
		await assertJoined();
		await hull.ok(["rm", "-f", "guest", "donor"]);
	});
});

test("what cannot be joined is said, as Docker says it", async () => {
	await start("closed");
	await hull.ok(["create", "--name", "still", "--ipc", "shareable", "busybox", "true"]);
	const cases = [
		["--ipc", "closed", "non-shareable IPC (hint: use IpcMode:shareable for the donor container)"],
		["--ipc", "still", "cannot join IPC of a non running container"],
		["--pid", "still", "cannot join PID of a non running container"],
		["--network", "still", "cannot join network of a non running container"],
		["--ipc", "nobody", "No such container: nobody"],
	] as const;
	for (const [option, donor, text] of cases) {
		const { code, stderr } = await hull.docker([
			"run",
			"--rm",
			option,
			`container:${donor}`,
			"busybox",
			"true",
		]);
		expect([option, donor, code, stderr]).toEqual([option, donor, 125, expect.stringContaining(text)]);
	}
	await hull.ok(["rm", "-f", "closed", "still"]);
});
