import { spawnSync } from "node:child_process";
import { median, row } from "../table.mjs";

/** The clients alone: `version` and `ps`, each client against Hull's socket, so that only the client differs. */
export async function client({ all, alternate }) {
	const hull = all.find(({ name }) => name === "hull");
	const docker = all.find(({ name }) => name === "docker");
	if (docker === undefined) return [];
	const sameSocket = { ...docker, time: (...args) => timeOn(docker, hull.socket, args) };
	const rows = [];
	for (const command of ["ps", "version"]) {
		const figures = await alternate(40, (engine) => engine.time(command), [hull, sameSocket]);
		const medians = Object.fromEntries(Object.entries(figures).map(([name, times]) => [name, median(times)]));
		rows.push(row(`client: ${command}`, "ms", medians, { budget: 1 }));
	}
	return rows;
}

function timeOn(docker, socket, args) {
	const start = performance.now();
	const result = spawnSync(docker.command[0], ["-H", `unix://${socket}`, ...args], {
		env: docker.environment,
		stdio: "ignore",
	});
	if (result.status !== 0) throw new Error(`docker ${args.join(" ")} failed on Hull's socket`);
	return performance.now() - start;
}
