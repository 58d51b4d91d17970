import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { busyboxRootTar } from "../../scripts/images/busybox.mjs";
import { root } from "../../scripts/setup/run.mjs";
import { median, row } from "../table.mjs";

const rounds = 20;

/**
 * The engine's own part of a start: `POST /containers/{id}/start` on a created container without network, beside
 * `crun run` and `runc run` of the same root with the spec that Hull gives its runtime.
 */
export async function bareRuntime({ all, work }) {
	const hull = all.find(({ name }) => name === "hull");
	const bundle = join(work, "bundle");
	mkdirSync(join(bundle, "rootfs"), { recursive: true });
	spawnSync("tar", [
		"-C",
		join(bundle, "rootfs"),
		"-xf",
		busyboxRootTar(`${root}node_modules/.cache/hull/busybox.tar`),
	]);
	writeFileSync(join(bundle, "config.json"), JSON.stringify(bareSpec(hull, work, bundle)));
	const figures = { hull: [], crun: [], runc: [] };
	for (let round = 0; round < rounds; round++) {
		const id = hull.mustRun("create", "--network=none", "busybox", "true");
		const start = performance.now();
		await post(hull.socket, `/containers/${id}/start`);
		figures.hull.push(performance.now() - start);
		hull.mustRun("rm", "-f", id);
		for (const runtime of ["crun", "runc"]) figures[runtime].push(bareRun(runtime, bundle));
	}
	const medians = Object.fromEntries(Object.entries(figures).map(([name, times]) => [name, median(times)]));
	return [row("engine's part of a start", "ms", medians, { against: "crun", budget: 1.5 })];
}

/** The spec of a container of Hull's, moved to the bare bundle; runc's, which has the seccomp filter as text. */
function bareSpec(hull, work, bundle) {
	const id = hull.mustRun("run", "-d", "--runtime=runc", "--network=none", "busybox", "sleep", "1000");
	const spec = JSON.parse(readFileSync(join(work, "hull-run/containers", id, "config.json"), "utf8"));
	for (const file of spec.mounts.filter(({ source }) => source?.includes(id))) {
		copyFileSync(file.source, join(bundle, basename(file.source)));
		file.source = join(bundle, basename(file.source));
	}
	hull.mustRun("rm", "-f", id);
	return {
		...spec,
		process: { ...spec.process, args: ["true"] },
		root: { path: join(bundle, "rootfs") },
		linux: {
			...spec.linux,
			cgroupsPath: "/hull-bench-bare",
			namespaces: [...spec.linux.namespaces, { type: "network" }],
		},
	};
}

/** crun refuses hybrid cgroups, so it runs where the empty v2 hierarchy is unmounted; only the run itself is timed. */
function bareRun(runtime, bundle) {
	const script = fileURLToPath(new URL("bare-run.sh", import.meta.url));
	const result = spawnSync("unshare", ["-m", "bash", script, runtime, bundle], { encoding: "utf8" });
	if (result.status !== 0) throw new Error(`${runtime} run: ${result.stderr}`);
	return Number(result.stdout);
}

function post(socketPath, path) {
	return new Promise((resolve, reject) => {
		const call = request({ socketPath, path, method: "POST" }, (response) => {
			response.resume();
			response.on("end", () =>
				response.statusCode === 204 ? resolve() : reject(new Error(`${path}: ${response.statusCode}`)),
			);
		});
		call.on("error", reject);
		call.end();
	});
}
