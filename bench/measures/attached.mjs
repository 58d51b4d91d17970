import { spawn } from "node:child_process";
import { median, row } from "../table.mjs";

const megabytes = 200;

/** MB/s of `run busybox` writing 200 MB to its output, read by the attached client, not logged. */
export async function attached({ alternate }) {
	const figures = await alternate(3, (engine) => throughput(engine));
	const medians = Object.fromEntries(Object.entries(figures).map(([name, rates]) => [name, median(rates)]));
	return [row("output, attached", "MB/s", medians, { better: "higher", budget: 1 })];
}

function throughput(engine) {
	const [program, ...rest] = engine.command;
	const write = ["dd", "if=/dev/zero", "bs=65536", `count=${(megabytes * 1_000_000) >> 16}`];
	const options = ["run", "--rm", ...(engine.runOptions ?? []), "--network=none", "--log-driver=none"];
	const start = performance.now();
	const child = spawn(program, [...rest, ...options, "busybox", ...write], {
		env: engine.environment,
		stdio: ["ignore", "pipe", "ignore"],
	});
	let bytes = 0;
	child.stdout.on("data", (chunk) => {
		bytes += chunk.length;
	});
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", () => resolve(bytes / 1e6 / ((performance.now() - start) / 1000)));
	});
}
