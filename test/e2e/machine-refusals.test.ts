/** What a machine refuses to run, it refuses as a container of isolation process does: same text, same exit code. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

const timeoutMs = 60_000;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	for (const isolation of ["process", "vm"])
		await hull.ok(["run", "-d", "--name", isolation, "--isolation", isolation, "busybox", "sleep", "1000"], {
			timeoutMs,
		});
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

test.each([
	[127, ["nosuch"]],
	[127, ["/no/such"]],
	[126, ["/etc/passwd"]],
	[126, ["/etc"]],
])(
	"run and exec end with %d for %p",
	async (code, command) => {
		const exec = (name: string) => hull.docker(["exec", name, ...command], { timeoutMs });
		const run = (isolation: string) =>
			hull.docker(["run", "--rm", "--isolation", isolation, "busybox", ...command], { timeoutMs });
		for (const start of [exec, run]) {
			const machine = await start("vm");
			expect(machine.code).toBe(code);
			const said = ({ stdout, stderr }: { stdout: string; stderr: string }) =>
				(stdout + stderr).replace(/^WARNING: isolation vm: .*\n/m, "");
			expect(said(machine)).toBe(said(await start("process")));
		}
	},
	timeoutMs,
);

test.each([[["-u", "nosuch"]], [["-u", "1:nosuch"]], [["-w", "/nosuch"]], [["-w", "/etc/passwd"]]])(
	"an exec with %p is refused",
	async (options) => {
		const exec = (name: string) => hull.docker(["exec", ...options, name, "true"], { timeoutMs });
		const machine = await exec("vm");
		expect(machine.code).toBe(126);
		expect(machine).toEqual(await exec("process"));
	},
	timeoutMs,
);
