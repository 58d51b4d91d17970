import { spawn } from "node:child_process";
import { row } from "../table.mjs";

const count = 100;
const atOnce = 8;

/** A hundred containers started eight at a time, then `ps` of them. */
export async function hundred({ all }) {
	const rate = {};
	const listing = {};
	for (const engine of all) {
		const start = performance.now();
		let next = 0;
		const lane = async () => {
			while (next < count) await run(engine, `hundred-${next++}`);
		};
		await Promise.all(Array.from({ length: atOnce }, lane));
		rate[engine.name] = count / ((performance.now() - start) / 1000);
		listing[engine.name] = Math.min(...[1, 2, 3, 4, 5].map(() => engine.time("ps")));
		engine.mustRun("rm", "-f", ...Array.from({ length: count }, (_, index) => `hundred-${index}`));
	}
	return [
		row(`${count} starts, ${atOnce} at a time`, "per second", rate, { better: "higher", budget: 5 }),
		row(`ps of ${count}`, "ms", listing, { budget: 1 }),
	];
}

function run(engine, name) {
	const network = engine.name === "podman" ? "none" : "bridge";
	const args = [
		"run",
		"-d",
		...(engine.runOptions ?? []),
		`--network=${network}`,
		"--name",
		name,
		"busybox",
		"sleep",
		"1000",
	];
	return new Promise((resolve, reject) => {
		const [program, ...rest] = engine.command;
		const child = spawn(program, [...rest, ...args], { env: engine.environment, stdio: "ignore" });
		child.on("error", reject);
		child.on("exit", (code) =>
			code === 0 ? resolve() : reject(new Error(`${engine.name} run: exit code ${code}`)),
		);
	});
}
