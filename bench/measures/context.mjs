import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { median, row } from "../table.mjs";

const folders = 500;
const filesEach = 100;
const rounds = 2;

/**
 * Milliseconds of builds by Docker's classic route whose context has 50,000 small files: the first, and one after a
 * file was changed; and how long the engine lets others wait meanwhile (p99 of pings). What one engine left to be
 * written is written before the next is measured.
 */
export async function context({ alternate, all, work }) {
	const engines = all.filter(({ name }) => name !== "podman");
	const folder = makeContext(join(work, "build-context"));
	const pings = Object.fromEntries(engines.map(({ name }) => [name, []]));
	const build = async (engine) => {
		writeFileSync(join(folder, "0/0"), String(Math.random()));
		spawnSync("sync");
		return await timeBuild(engine, folder, pings[engine.name]);
	};
	const first = await alternate(1, build, engines);
	const later = await alternate(rounds, build, engines);
	return [
		row("build of 50,000 files", "ms", medians(first), { budget: 0.5 }),
		row("the same, one of them changed", "ms", medians(later), { budget: 0.5 }),
		row("p99 of pings meanwhile", "ms", map(pings, percentile99)),
	];
}

function makeContext(folder) {
	mkdirSync(folder);
	writeFileSync(join(folder, "Dockerfile"), "FROM busybox\nCOPY . /context\n");
	for (let part = 0; part < folders; part++) {
		mkdirSync(join(folder, String(part)));
		for (let file = 0; file < filesEach; file++)
			writeFileSync(join(folder, String(part), String(file)), `file ${part} ${file}\n`.repeat(8));
	}
	return folder;
}

async function timeBuild({ name, socket, environment }, folder, pings) {
	const start = performance.now();
	const child = spawn("docker", ["-H", `unix://${socket}`, "build", "-q", folder], {
		env: { ...environment, DOCKER_BUILDKIT: "0" },
		stdio: ["ignore", "ignore", "inherit"],
	});
	let isOver = false;
	const ended = new Promise((resolve) => child.once("close", resolve)).finally(() => {
		isOver = true;
	});
	while (!isOver) {
		pings.push(await ping(socket));
		await delay(10);
	}
	if ((await ended) !== 0) throw new Error(`${name}: docker build failed`);
	return performance.now() - start;
}

function ping(socketPath) {
	const start = performance.now();
	return new Promise((resolve, reject) => {
		const call = request({ socketPath, path: "/_ping" }, (response) => {
			response.resume().once("end", () => resolve(performance.now() - start));
		});
		call.once("error", reject).end();
	});
}

function percentile99(values) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length * 0.99)];
}

const map = (figures, body) =>
	Object.fromEntries(Object.entries(figures).map(([name, all]) => [name, body(all)]));
const medians = (figures) => map(figures, median);
