import { join } from "node:path";
import { debianRootTar } from "../../scripts/images/debian.mjs";
import { root } from "../../scripts/setup/run.mjs";
import { median, row } from "../table.mjs";

/** `load` of a Debian image saved by Docker (about 150 MB). */
export async function load({ all, alternate, work }) {
	const docker = all.find(({ name }) => name === "docker");
	if (docker === undefined) return [];
	docker.mustRun("import", debianRootTar(`${root}node_modules/.cache/hull/bookworm.tar`), "debian:bookworm");
	const archive = join(work, "debian.tar");
	docker.mustRun("save", "-o", archive, "debian:bookworm");
	docker.mustRun("rmi", "debian:bookworm");
	const figures = await alternate(3, (engine) => {
		const time = engine.time("load", "-i", archive);
		engine.mustRun("rmi", "debian:bookworm");
		return time;
	});
	const medians = Object.fromEntries(Object.entries(figures).map(([name, times]) => [name, median(times)]));
	return [row("load of a Debian image", "ms", medians, { budget: 1 })];
}
