import type { Process } from "../../oci/index.ts";
import type { Task } from "../../runtime/index.ts";
import type { Container, Run } from "../container.ts";

/** Makes a task that runs the container's run. `process` is what it runs, when this daemon started it. */
export function adoptTask(container: Container, task: Task, process?: Process): Run {
	const { promise, resolve } = Promise.withResolvers<void>();
	const run: Run = { task, ended: promise, markEnded: resolve, process };
	container.run = run;
	container.stopIntent = undefined;
	return run;
}
