import { spawn } from "node:child_process";
import { median, row } from "../table.mjs";

const lines = 500_000;
const text = "a line of output as programs write them, about eighty characters long, more or less";
const print = `yes "${text}" | head -n ${lines}`;
const bytes = lines * (text.length + 1);

/** MB/s of a detached container writing lines to its log (no rotation on the way), and of `logs` reading them back. */
export async function logged({ alternate }) {
	const replayed = {};
	const written = await alternate(3, async (engine) => {
		const start = performance.now();
		const limit = engine.name === "podman" ? ["--log-driver=k8s-file"] : ["--log-opt", "max-size=1g"];
		engine.mustRun(
			"run",
			"-d",
			...(engine.runOptions ?? []),
			...limit,
			"--network=none",
			"--name=log",
			"busybox",
			"sh",
			"-c",
			print,
		);
		engine.mustRun("wait", "log");
		const rate = bytes / 1e6 / ((performance.now() - start) / 1000);
		replayed[engine.name] ??= [];
		replayed[engine.name].push(await replay(engine));
		engine.mustRun("rm", "log");
		return rate;
	});
	const medians = (figures) =>
		Object.fromEntries(Object.entries(figures).map(([name, rates]) => [name, median(rates)]));
	return [
		row("output, logged", "MB/s", medians(written), { better: "higher", budget: 1 }),
		row("logs, replayed", "MB/s", medians(replayed), { better: "higher", budget: 1 }),
	];
}

function replay(engine) {
	const [program, ...rest] = engine.command;
	const start = performance.now();
	const child = spawn(program, [...rest, "logs", "log"], {
		env: engine.environment,
		stdio: ["ignore", "pipe", "ignore"],
	});
	let read = 0;
	child.stdout.on("data", (chunk) => {
		read += chunk.length;
	});
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", () => {
			if (read !== bytes) reject(new Error(`${engine.name} logs: ${read} bytes of ${bytes}`));
			resolve(read / 1e6 / ((performance.now() - start) / 1000));
		});
	});
}
