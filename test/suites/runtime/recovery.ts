import { describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Isolation } from "../../../src/runtime/index.ts";
import { eventually } from "../../support/eventually.ts";
import { allOutput, allStreams, collect, createTask, readLog, readUntil, shimOf, stop } from "./running.ts";
import { processSpec, type Workbench } from "./workbench.ts";

export function recoveryTests(bench: () => Workbench, isolation: Isolation): void {
	const processOnly = isolation === "process" ? test : test.skip;
	describe("recovery", () => {
		test("the next daemon attaches, execs and waits as if nothing had been", async () => {
			const spec = bench().taskSpec("read a; echo got $a; exit 9", { openStdin: true });
			const task = await createTask(bench(), spec);
			await task.start();
			const running = await task.exec({ id: "running", process: processSpec(["sleep", "1000"]) });
			await task.exec({ id: "ended", process: processSpec(["sh", "-c", "sleep 0.1; exit 4"]) });
			task.close();

			const again = (await bench().nextDriver().openTask(spec))!;
			expect(again.pid).toBe(task.pid!);
			await eventually(async () => {
				const execs = [...(await again.execs())].sort((a, b) => a.id.localeCompare(b.id));
				expect(execs).toMatchObject([
					{ id: "ended", status: "exited", exitCode: 4 },
					{ id: "running", status: "running", pid: running.pid },
				]);
			});
			expect(await (await again.openExec("ended"))!.wait()).toEqual({ exitCode: 4 });
			const exec = (await again.openExec("running"))!;
			await exec.signal(9);
			expect(await exec.wait()).toEqual({ exitCode: 137 });
			expect(await again.openExec("never")).toBeUndefined();

			const attachment = await again.attach(allStreams);
			await attachment.write(Buffer.from("it\n"));
			expect((await collect(attachment)).stdout).toBe("got it\n");
			expect(await again.wait()).toMatchObject({ exitCode: 9 });
			await again.delete();
		});

		test("no line is lost while no daemon is there", async () => {
			const spec = bench().taskSpec("seq 1 20000; sleep 0.1; seq 20001 40000");
			const task = await createTask(bench(), spec);
			await task.start();
			task.close();
			await eventually(async () =>
				expect(await bench().driver.readExit(spec)).toMatchObject({ exitCode: 0 }),
			);
			await eventually(() => expect(existsSync(join(spec.runDir, "shim.sock"))).toBe(false));
			expect(readLog(spec.log.path).length).toBe(40_000);
			expect(await bench().driver.openTask(spec)).toBeUndefined();
			await bench().driver.cleanup(spec);
		});

		test("a supervisor that was killed leaves a lost task, and cleanup kills what is left", async () => {
			const spec = bench().taskSpec("sleep 1000");
			const task = await createTask(bench(), spec);
			const { pid } = await task.start();
			process.kill(shimOf(spec), "SIGKILL");
			expect(await task.wait()).toMatchObject({ exitCode: 137, lost: true });
			expect(await bench().driver.openTask(spec)).toBeUndefined();
			expect(await bench().driver.readExit(spec)).toBeUndefined();
			await bench().driver.cleanup(spec);
			await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false));
			await bench().driver.cleanup(spec);
		});

		processOnly("cleanup kills also when the runtime's state is lost", async () => {
			const spec = bench().taskSpec("sleep 1000");
			const task = await createTask(bench(), spec);
			const { pid } = await task.start();
			process.kill(shimOf(spec), "SIGKILL");
			await task.wait();
			rmSync(join(bench().directory, "run/runtimes"), { recursive: true });
			await bench().driver.cleanup(spec);
			await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false));
		});

		test("cleanup kills what was paused", async () => {
			const spec = bench().taskSpec("sleep 1000 & sleep 1000");
			const task = await createTask(bench(), spec);
			const { pid } = await task.start();
			await task.pause();
			process.kill(shimOf(spec), "SIGKILL");
			await task.wait();
			await bench().driver.cleanup(spec);
			await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false));
		});

		test("the record of an earlier run is not taken for this one's", async () => {
			const spec = bench().taskSpec("exit 1");
			const first = await createTask(bench(), spec);
			await first.start();
			await first.wait();
			await first.delete();
			const second = await createTask(bench(), {
				...spec,
				spec: { ...spec.spec, process: processSpec(["sleep", "1000"]) },
			});
			await second.start();
			expect(await bench().driver.readExit(spec)).toBeUndefined();
			await stop(second);
		});

		test("garbage on the socket ends that connection and nothing else", async () => {
			const spec = bench().taskSpec("while :; do echo on; sleep 0.02; done");
			const task = await createTask(bench(), spec);
			const attachment = await task.attach(allOutput);
			await task.start();
			const path = join(spec.runDir, "shim.sock");
			for (const bytes of [
				Buffer.alloc(200_000, 0xff),
				Buffer.from("GET / HTTP/1.1\r\n\r\n"),
				Buffer.alloc(8),
			]) {
				const answer = await talk(path, bytes);
				expect(answer.toString("latin1")).toContain("code\0invalid_argument\0");
			}
			await readUntil(attachment.output[Symbol.asyncIterator](), "on\non\n");
			await stop(task);
		});

		test("clients that vanish in the middle of things do not matter", async () => {
			const spec = bench().taskSpec("yes", { log: { driver: "none" } });
			const task = await createTask(bench(), spec);
			await task.start();
			for (let round = 0; round < 10; round++) {
				const other = (await bench().nextDriver().openTask(spec))!;
				const attachment = await other.attach(allOutput);
				await attachment.output[Symbol.asyncIterator]().next();
				void other.exec({ id: `gone-${round}`, process: processSpec(["true"]) }).catch(() => {});
				other.close();
			}
			await eventually(async () => {
				const states = (await task.execs()).map((exec) => exec.status);
				expect(states.every((status) => status === "exited")).toBe(true);
			});
			await stop(task);
		});
	});
}

/** Sends bytes and reads until the other side ends. */
function talk(path: string, bytes: Uint8Array): Promise<Buffer> {
	const { promise, resolve } = Promise.withResolvers<Buffer>();
	const parts: Buffer[] = [];
	const socket = connect(path, () => socket.write(bytes));
	socket.on("data", (part: Buffer) => parts.push(part));
	socket.on("error", () => {});
	socket.on("close", () => resolve(Buffer.concat(parts)));
	return promise;
}
