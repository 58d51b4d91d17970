import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { allOutput, collect, createTask, stop } from "./running.ts";
import { createWorkbench, processSpec, type Workbench } from "./workbench.ts";

const timeoutMs = 700;

/** OCI runtimes that do not do as they should. Each is a shell script; `delete` is crun's in all. */
describe("a bad OCI runtime", () => {
	const scripts = mkdtempSync(join(tmpdir(), "hull-bad-runtimes-"));
	let bench: Workbench;

	beforeAll(() => {
		bench = createWorkbench({
			runtimeTimeoutMs: timeoutMs,
			runtimes: { missing: join(scripts, "missing") },
		});
	});
	afterEach(() =>
		eventually(() => {
			expect(bench.leftovers()).toEqual([]);
		}),
	);
	afterAll(() => {
		bench.dispose();
		rmSync(scripts, { recursive: true });
	});

	function runtime(name: string, body: string): string {
		const path = join(scripts, name);
		const text = `#!/bin/sh\ncase " $* " in *" delete "*) exec crun "$@" ;; esac\n${body}\n`;
		mkdirSync(scripts, { recursive: true });
		writeFileSync(path, text, { mode: 0o755 });
		return path;
	}

	const failures: readonly { name: string; body: string; message: string }[] = [
		{
			name: "hangs",
			body: "sleep 1000 & wait",
			message: `did not answer within ${timeoutMs} ms and was killed`,
		},
		{ name: "says-nothing", body: "exit 3", message: "ended with 3 and no message" },
		{ name: "dies", body: "kill -9 $$", message: "ended with 137 and no message" },
		{
			name: "says-plainly",
			body: 'while [ "$1" != --log ]; do shift; done; echo broken >"$2"; exit 1',
			message: "broken",
		},
		{ name: "lies", body: "exit 0", message: "ended with 0 and no message" },
		{
			name: "names-nobody",
			body: 'while [ "$1" != --pid-file ]; do shift; done; echo none >"$2"',
			message: "ended with 0 and no message",
		},
	];
	for (const { name, body, message } of failures)
		test(`that ${name.replaceAll("-", " ")} makes the start fail with what is known`, async () => {
			const task = await createTask(bench, bench.taskSpec("true", { runtime: runtime(name, body) }));
			const attachment = await task.attach(allOutput);
			const error = await task.start().catch((reason: unknown) => reason);
			expect(error).toMatchObject({ code: "runtime_failed" });
			expect((error as Error).message).toContain(message);
			expect(await collect(attachment)).toEqual({ stdout: "", stderr: "" });
		});

	test("that is not there makes the start fail with its path", async () => {
		const task = await createTask(bench, bench.taskSpec("true", { runtime: "missing" }));
		await expect(task.start()).rejects.toMatchObject({
			code: "runtime_failed",
			message: `cannot run ${join(scripts, "missing")}: No such file or directory`,
		});
	});

	test("that hangs in an exec fails that exec, not the container", async () => {
		const path = runtime(
			"hangs-in-exec",
			'case " $* " in *" exec "*) sleep 1000 & wait ;; esac; exec crun "$@"',
		);
		const task = await createTask(bench, bench.taskSpec("sleep 1000", { runtime: path }));
		await task.start();
		const exec = task.exec({ id: "stuck", process: processSpec(["true"]), attach: allOutput });
		await expect(exec).rejects.toMatchObject({ code: "runtime_failed" });
		expect(await task.execs()).toEqual([]);
		expect(await stop(task)).toMatchObject({ exitCode: 137 });
	});
});
