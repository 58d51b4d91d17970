import { median, row } from "../table.mjs";

/** `exec CONTAINER true` from the client's start to its end. */
export async function exec({ all, alternate }) {
	for (const engine of all)
		engine.mustRun(
			"run",
			"-d",
			...(engine.runOptions ?? []),
			"--network=none",
			"--name=exec",
			"busybox",
			"sleep",
			"1000",
		);
	const figures = await alternate(20, (engine) => engine.time("exec", "exec", "true"));
	for (const engine of all) engine.mustRun("rm", "-f", "exec");
	const medians = Object.fromEntries(Object.entries(figures).map(([name, times]) => [name, median(times)]));
	return [row("exec", "ms", medians)];
}
