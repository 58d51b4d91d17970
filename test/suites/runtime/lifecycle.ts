import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isEngineError } from "../../../src/lib/index.ts";
import type { Isolation } from "../../../src/runtime/index.ts";
import { eventually } from "../../support/eventually.ts";
import { collect, createTask, readLog, runToEnd, shimOf, stop } from "./running.ts";
import type { Workbench } from "./workbench.ts";

export function lifecycleTests(bench: () => Workbench, isolation: Isolation): void {
	const processOnly = isolation === "process" ? test : test.skip;
	describe("lifecycle", () => {
		test("tells the exit code, the times, and leaves a record of them", async () => {
			const spec = bench().taskSpec("exit 7");
			const { exit } = await runToEnd(bench(), spec);
			expect(exit).toMatchObject({ exitCode: 7, oomKilled: false });
			expect(exit.startedAt <= exit.finishedAt).toBe(true);
			expect(await bench().driver.readExit(spec)).toEqual(exit);
			expect(existsSync(spec.runDir)).toBe(false);
		});

		test("a signal's exit code is 128 and its number", async () => {
			const task = await createTask(bench(), bench().taskSpec("sleep 1000"));
			const { pid } = await task.start();
			expect(task.pid).toBe(pid);
			expect(await stop(task)).toMatchObject({ exitCode: 137 });
		});

		test("sends the signal that was asked for", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("trap 'exit 42' USR1; echo up; while :; do sleep 0.05; done"),
			);
			const attachment = await task.attach({ stdin: false, stdout: true, stderr: false });
			await task.start();
			const output = attachment.output[Symbol.asyncIterator]();
			await output.next();
			await task.signal(10);
			expect(await task.wait()).toMatchObject({ exitCode: 42 });
			await expect(task.signal(10)).rejects.toMatchObject({ code: "not_found" });
			await task.delete();
		});

		processOnly("the root is the snapshot's, and the container's own network is empty", async () => {
			const { stdout } = await runToEnd(
				bench(),
				bench().taskSpec("echo kept > /file; ls /sys/class/net; hostname"),
			);
			expect(stdout).toBe("lo\nworkbench\n");
			expect(readFileSync(join(bench().directory, "layers", lastId(bench()), "upper/file"), "utf8")).toBe(
				"kept\n",
			);
		});

		processOnly("a second task shares the network of the first", async () => {
			const first = await createTask(bench(), bench().taskSpec("sleep 1000"));
			await first.start();
			const spec = bench().taskSpec("readlink /proc/self/ns/net");
			await using sandbox = await bench().driver.joinSandbox(first);
			const second = await bench().driver.createTask(sandbox, spec);
			const attachment = await second.attach({ stdin: false, stdout: true, stderr: true });
			await second.start();
			const { stdout } = await collect(attachment);
			await second.wait();
			await second.delete();
			const inFirst = await first.exec({
				id: "net",
				process: {
					user: { uid: 0, gid: 0 },
					args: ["readlink", "/proc/self/ns/net"],
					env: ["PATH=/bin"],
					cwd: "/",
				},
				attach: { stdin: false, stdout: true, stderr: true },
			});
			expect((await collect(inFirst.attachment!)).stdout).toBe(stdout);
			await stop(first);
		});

		test("a missing command is command_not_found, and nothing is left", async () => {
			const task = await createTask(bench(), bench().taskSpec("", { args: ["no-such-thing"] }));
			await expect(task.start()).rejects.toMatchObject({
				code: "command_not_found",
				message: 'exec: "no-such-thing": executable file not found in $PATH',
			});
		});

		test("a missing path is command_not_found", async () => {
			const task = await createTask(bench(), bench().taskSpec("", { args: ["/bin/nothing"] }));
			await expect(task.start()).rejects.toMatchObject({ code: "command_not_found" });
		});

		test("a file or folder that cannot be executed is command_not_executable", async () => {
			writeFileSync(join(bench().directory, "tree/etc/plain"), "text", { mode: 0o644 });
			for (const program of ["/etc/plain", "/etc"]) {
				const task = await createTask(bench(), bench().taskSpec("", { args: [program] }));
				await expect(task.start()).rejects.toMatchObject({
					code: "command_not_executable",
					message: `exec: "${program}": permission denied`,
				});
			}
		});

		test("what the runtime says about a failed start is no output of the container", async () => {
			const spec = bench().taskSpec("", { args: ["no-such-thing"] });
			const task = await createTask(bench(), spec);
			const attachment = await task.attach({ stdin: false, stdout: true, stderr: true });
			await expect(task.start()).rejects.toThrow();
			expect(await collect(attachment)).toEqual({ stdout: "", stderr: "" });
			expect(readLog(spec.log.path)).toEqual([]);
		});

		processOnly("a mount that fails is told by start with its source", async () => {
			const mounts = [{ type: "bind" as const, source: "/does/not/exist", options: ["rbind"] }];
			const task = await createTask(bench(), bench().taskSpec("true", { mounts }));
			const error = await task.start().catch((reason: unknown) => reason);
			expect(isEngineError(error, "runtime_failed")).toBe(true);
			expect(String(error)).toContain("/does/not/exist");
			expect(String(error)).toContain("No such file or directory");
		});

		processOnly("an unknown runtime is refused in Docker's words", async () => {
			const spec = bench().taskSpec("true", { runtime: "foo" });
			await expect(createTask(bench(), spec)).rejects.toMatchObject({
				code: "invalid_argument",
				message: "unknown or invalid runtime name: foo",
			});
		});

		test("a task that is deleted before its start leaves nothing", async () => {
			const task = await createTask(bench(), bench().taskSpec("true"));
			await task.delete();
		});

		test("a supervisor leaves when the daemon vanishes before the start", async () => {
			const spec = bench().taskSpec("true");
			const task = await createTask(bench(), spec);
			await task.attach({ stdin: false, stdout: true, stderr: true });
			task.close();
			await eventually(() => expect(existsSync(join(spec.runDir, "shim.sock"))).toBe(false));
			expect(await bench().driver.openTask(spec)).toBeUndefined();
			await bench().driver.cleanup(spec);
		});

		processOnly("processes left by the first one do not delay the end and are killed", async () => {
			const spec = bench().taskSpec("sleep 1001 & echo done", { hostPid: true });
			const { stdout, exit } = await runToEnd(bench(), spec);
			expect(stdout).toBe("done\n");
			expect(exit.exitCode).toBe(0);
		});

		test("the supervisor is small", async () => {
			const spec = bench().taskSpec("sleep 1000");
			const task = await createTask(bench(), spec);
			await task.start();
			const pss = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${shimOf(spec)}/smaps_rollup`, "utf8"))![1]!;
			if (!process.env["HULL_SHIM"]) expect(Number(pss)).toBeLessThan(512);
			await stop(task);
		});
	});
}

function lastId(bench: Workbench): string {
	const { id } = bench.taskSpec("");
	return id.replace(/\d+$/, (count) => String(Number(count) - 1));
}
