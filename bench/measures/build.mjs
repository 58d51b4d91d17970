import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median, row } from "../table.mjs";

const rounds = 3;

/** Milliseconds of builds by Docker's classic route: ten steps anew and from the cache, four independent stages. */
export async function build({ alternate, all, work }) {
	const engines = all.filter(({ name }) => name !== "podman").map(withDockerClient);
	const steps = Array.from({ length: 9 }, (_, index) => `RUN echo ${index} > /file-${index}`);
	const ten = contextOf(work, "ten", ["FROM busybox", ...steps]);
	const stages = [0, 1, 2, 3].map((index) => `FROM busybox AS s${index}\nRUN sleep 1; echo ${index} > /r`);
	const copies = [0, 1, 2, 3].map((index) => `COPY --from=s${index} /r /r${index}`);
	const four = contextOf(work, "four", [...stages, "FROM busybox", ...copies]);
	const cold = await alternate(rounds, (engine) => engine.time("build", "-q", "--no-cache", ten), engines);
	for (const engine of engines) engine.mustRun("build", "-q", ten);
	const cached = await alternate(rounds, (engine) => engine.time("build", "-q", ten), engines);
	const parallel = await alternate(
		rounds,
		(engine) => engine.time("build", "-q", "--no-cache", four),
		engines,
	);
	return [
		row("build, ten steps", "ms", medians(cold), { budget: 1 }),
		row("build, ten steps from the cache", "ms", medians(cached), { budget: 0.5 }),
		row("build, four stages of a second", "ms", medians(parallel), { budget: 1 }),
	];
}

/** The same client for all, as it is for Docker: the route is what is compared. */
function withDockerClient(engine) {
	const environment = { ...engine.environment, DOCKER_BUILDKIT: "0" };
	return engine.withCommand(["docker", "-H", `unix://${engine.socket}`], environment);
}

function contextOf(work, name, lines) {
	const folder = join(work, `build-${name}`);
	mkdirSync(folder);
	writeFileSync(join(folder, "Dockerfile"), `${lines.join("\n")}\n`);
	return folder;
}

function medians(figures) {
	return Object.fromEntries(Object.entries(figures).map(([name, times]) => [name, median(times)]));
}
