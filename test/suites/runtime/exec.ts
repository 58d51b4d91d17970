import { describe, expect, test } from "bun:test";
import type { Exec, Task } from "../../../src/runtime/index.ts";
import { eventually } from "../../support/eventually.ts";
import { allOutput, allStreams, collect, createTask, readUntil, stop } from "./running.ts";
import { processSpec, type Workbench } from "./workbench.ts";

export function execTests(bench: () => Workbench): void {
	describe("exec", () => {
		const start = async (script = "sleep 1000") => {
			const task = await createTask(bench(), bench().taskSpec(script));
			await task.start();
			return task;
		};

		test("streams apart, stdin and the exit code", async () => {
			const task = await start();
			const exec = await shell(task, "e1", "cat; echo err >&2; exit 5");
			await exec.attachment!.write(Buffer.from("in"));
			await exec.attachment!.closeStdin();
			expect(await collect(exec.attachment!)).toEqual({ stdout: "in", stderr: "err\n" });
			expect(await exec.wait()).toEqual({ exitCode: 5 });
			await stop(task);
		});

		test("many at once", async () => {
			const task = await start();
			const numbers = Array.from({ length: 24 }, (_, index) => index);
			const results = await Promise.all(
				numbers.map(async (number) => {
					const exec = await shell(task, `many-${number}`, `echo ${number}; exit ${number}`);
					const { stdout } = await collect(exec.attachment!);
					return [stdout.trim(), (await exec.wait()).exitCode];
				}),
			);
			expect(results).toEqual(numbers.map((number) => [String(number), number]));
			await stop(task);
		}, 20_000);

		// crun starts an exec without waiting until its terminal has a size: the process may have to look twice.
		test("a terminal with a size of its own", async () => {
			const task = await start();
			const exec = await task.exec({
				id: "tty",
				process: {
					// crun sets the size when the program runs already; the first looks may come too early.
					...processSpec(["sh", "-c", "until stty size 2>/dev/null; do sleep 0.01; done; read x; stty size"]),
					terminal: true,
					consoleSize: { width: 77, height: 22 },
				},
				attach: allStreams,
			});
			const output = exec.attachment!.output[Symbol.asyncIterator]();
			await readUntil(output, "22 77\r\n");
			await exec.resize(60, 20);
			await exec.attachment!.write(Buffer.from("\n"));
			await readUntil(output, "20 60\r\n");
			expect(await exec.wait()).toEqual({ exitCode: 0 });
			await stop(task);
		});

		test("a missing command is command_not_found and does not touch the container", async () => {
			const task = await start();
			const missing = task.exec({ id: "missing", process: processSpec(["nope"]), attach: allOutput });
			await expect(missing).rejects.toMatchObject({ code: "command_not_found" });
			const forbidden = task.exec({ id: "forbidden", process: processSpec(["/etc"]), attach: allOutput });
			await expect(forbidden).rejects.toMatchObject({ code: "command_not_executable" });
			expect(await task.execs()).toEqual([]);
			await stop(task);
		});

		test("a detached exec is seen, signalled and waited for", async () => {
			const task = await start();
			const exec = await task.exec({ id: "detached", process: processSpec(["sleep", "1000"]) });
			expect(exec.attachment).toBeUndefined();
			expect(await task.execs()).toEqual([{ id: "detached", status: "running", pid: exec.pid }]);
			await exec.signal(15);
			expect(await exec.wait()).toEqual({ exitCode: 143 });
			await expect(exec.signal(15)).rejects.toMatchObject({ code: "not_found" });
			await stop(task);
		});

		test("an id is used once", async () => {
			const task = await start();
			await task.exec({ id: "same", process: processSpec(["sleep", "1000"]) });
			const again = task.exec({ id: "same", process: processSpec(["true"]) });
			await expect(again).rejects.toMatchObject({ code: "conflict" });
			await stop(task);
		});

		test("an exec whose client leaves goes on; its environment may be larger than a frame", async () => {
			const task = await start();
			const big = `BIG=${"v".repeat(100_000)}`;
			const exec = await task.exec({
				id: "big",
				process: processSpec(["sh", "-c", 'cat; sleep 0.3; exit $(printf %s "$BIG" | wc -c | cut -c1-3)'], {
					env: ["PATH=/bin", big],
				}),
				attach: allStreams,
			});
			exec.attachment!.close();
			expect(await exec.wait()).toEqual({ exitCode: 100 });
			await stop(task);
		});

		test("execs end with their container", async () => {
			const task = await start();
			const exec = await shell(task, "long", "sleep 1000");
			await stop(task);
			expect(await exec.wait()).toEqual({ exitCode: 137 });
			await expect(task.exec({ id: "late", process: processSpec(["true"]) })).rejects.toThrow();
		});

		test("what a daughter keeps open does not hold up the end of an exec", async () => {
			const task = await start();
			const exec = await shell(task, "daughter", "sleep 1000 & echo out");
			expect((await collect(exec.attachment!)).stdout).toBe("out\n");
			expect(await exec.wait()).toEqual({ exitCode: 0 });
			await eventually(async () => expect((await task.execs()).length).toBe(0));
			await stop(task);
		});
	});
}

function shell(task: Task, id: string, script: string): Promise<Exec> {
	return task.exec({ id, process: processSpec(["sh", "-c", script]), attach: allStreams });
}
