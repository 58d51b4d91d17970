/**
 * crun is two processes, and the one that makes the container's may end first: then a process that is over at once
 * is the supervisor's to reap before anybody has told it whose it is.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createWorkbench, processSpec, type Workbench } from "../runtime/workbench.ts";

let workbench: Workbench;
beforeAll(() => {
	workbench = createWorkbench();
});
afterAll(() => {
	expect(workbench.leftovers()).toEqual([]);
	workbench.dispose();
});

const network = { kind: "own" } as const;

test("the end of a container that ends at once is never lost", async () => {
	for (let i = 0; i < 60; i++) {
		const spec = workbench.taskSpec("exit 7");
		await using sandbox = await workbench.driver.createSandbox({ id: spec.id, network });
		const task = await workbench.driver.createTask(sandbox, spec);
		await task.start();
		expect((await task.wait()).exitCode).toBe(7);
		await task.delete();
	}
}, 20_000);

test("the end of an exec that ends at once is never lost", async () => {
	const spec = workbench.taskSpec("sleep 1000");
	await using sandbox = await workbench.driver.createSandbox({ id: spec.id, network });
	const task = await workbench.driver.createTask(sandbox, spec);
	await task.start();
	for (let i = 0; i < 60; i++) {
		const process = processSpec(["sh", "-c", "exit 9"]);
		const exec = await task.exec({ id: String(i).padStart(64, "0"), process });
		expect((await exec.wait()).exitCode).toBe(9);
	}
	await task.signal(9);
	await task.wait();
	await task.delete();
}, 20_000);
