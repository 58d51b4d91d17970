import { describe, expect, test } from "bun:test";
import type { Isolation } from "../../../src/runtime/index.ts";
import { eventually } from "../../support/eventually.ts";
import { allOutput, createTask, readUntil, stop } from "./running.ts";
import type { Workbench } from "./workbench.ts";

export function limitTests(bench: () => Workbench, isolation: Isolation): void {
	const processOnly = isolation === "process" ? test : test.skip;
	describe("limits", () => {
		test("running out of memory is told, while it happens and in the exit record", async () => {
			const spec = bench().taskSpec("x=a; while :; do x=$x$x; done", { memoryBytes: 16 * 1024 * 1024 });
			const task = await createTask(bench(), spec);
			let kills = 0;
			task.onOom(() => kills++);
			await task.start();
			expect(await task.wait()).toMatchObject({ exitCode: 137, oomKilled: true });
			await eventually(() => expect(kills).toBeGreaterThan(0));
			await task.delete();
		});

		test("pause stops everything, resume lets it go on", async () => {
			const task = await createTask(bench(), bench().taskSpec("while :; do echo tick; sleep 0.02; done"));
			const attachment = await task.attach(allOutput);
			await task.start();
			const output = attachment.output[Symbol.asyncIterator]();
			await readUntil(output, "tick");
			await task.pause();
			let next = output.next();
			// What was under way comes first.
			while ((await Promise.race([next, silence(200)])) !== "silent") next = output.next();
			await task.resume();
			expect((await next).done).toBe(false);
			await stop(task);
		});

		processOnly("processes, readings and changed limits", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("sleep 1000 & wait", { memoryBytes: 64 * 1024 * 1024 }),
			);
			const { pid } = await task.start();
			await eventually(async () => expect((await task.pids()).length).toBe(2));
			expect(await task.pids()).toContain(pid);
			expect((await task.stats()).memory.limitBytes).toBe(64 * 1024 * 1024);
			await task.update({ memory: { limit: 96 * 1024 * 1024, swap: 96 * 1024 * 1024 } });
			expect((await task.stats()).memory.limitBytes).toBe(96 * 1024 * 1024);
			expect(task.rootPath()).toBe(`/proc/${pid}/root`);
			await stop(task);
			await expect(task.stats()).rejects.toMatchObject({ code: "not_found" });
		});

		const machineOnly = isolation === "vm" ? test : test.skip;
		machineOnly("processes, readings and changed limits, as the machine tells them", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("sleep 1000 & wait", { memoryBytes: 48 * 1024 * 1024 }),
			);
			const { pid } = await task.start();
			await eventually(async () => {
				const commands = (await task.guestProcesses()!).map(({ command }) => command);
				expect(commands.sort()).toEqual(["sh -c sleep 1000 & wait", "sleep 1000"]);
			});
			expect(await task.pids()).toContain(pid);
			expect((await task.stats()).memory.limitBytes).toBe(48 * 1024 * 1024);
			await task.update({ memory: { limit: 32 * 1024 * 1024, swap: 32 * 1024 * 1024 } });
			expect((await task.stats()).memory.limitBytes).toBe(32 * 1024 * 1024);
			const tooMuch = await task.update({ memory: { limit: 2 ** 30, swap: 2 ** 30 } });
			expect(tooMuch).toEqual([expect.stringContaining("64 MiB until it is started again")]);
			expect((await task.stats()).memory.limitBytes).toBe(64 * 1024 * 1024);
			await stop(task);
			await expect(task.stats()).rejects.toMatchObject({ code: "not_found" });
		});
	});
}

async function silence(ms: number): Promise<"silent"> {
	await new Promise((resolve) => setTimeout(resolve, ms));
	return "silent";
}
