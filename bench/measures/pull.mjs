import { spawn, spawnSync } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { median, row } from "../table.mjs";

const rounds = 4;
const wireBytesPerSecond = 50e6;

/**
 * Pulls from a registry on loopback: 150 MB in five layers, the same over a slow wire, and the daemon's memory while it
 * pulls 2 GB. Every round has
 * an image of its own, and nothing is removed before the end: ext4 makes files slowly where some were just deleted.
 */
export async function pull({ all, alternate, work, environment = all[0].environment }) {
	const registry = await startRegistry(work, environment);
	const wire = await startWire(registry.domain.split(":")[1]);
	const rows = [];
	try {
		const imageOf = (round, domain = registry.domain) => `${domain}/layers:${round}`;
		for (let round = 0; round < rounds; round++)
			publish({ environment, image: imageOf(round), layers: 5, filesEach: 1_500, fileBytes: 20_000 });
		const pullers = all.filter(({ name }) => name !== "podman");
		const pullOne = (engine, round) => engine.time("pull", "-q", imageOf(round));
		const figures = await alternate(rounds, pullOne, pullers);
		for (const engine of pullers)
			for (let round = 0; round < rounds; round++) engine.mustRun("rmi", imageOf(round));
		const medians = Object.fromEntries(Object.entries(figures).map(([name, times]) => [name, median(times)]));
		rows.push(row("pull of 150 MB in 5 layers from loopback", "ms", medians, { budget: 1 }));

		const pullSlowly = (engine, round) => engine.time("pull", "-q", imageOf(round, wire.domain));
		const slow = await alternate(rounds, pullSlowly, pullers);
		for (const engine of pullers)
			for (let round = 0; round < rounds; round++) engine.mustRun("rmi", imageOf(round, wire.domain));
		const slowMedians = Object.fromEntries(
			Object.entries(slow).map(([name, times]) => [name, median(times)]),
		);
		rows.push(row("the same over a wire of 50 MB/s", "ms", slowMedians, { budget: 1 }));

		const large = `${registry.domain}/large:1`;
		publish({ environment, image: large, layers: 4, filesEach: 25, fileBytes: 20_000_000 });
		const growths = {};
		for (const engine of pullers) {
			const before = resetPeak(engine);
			engine.mustRun("pull", "-q", large);
			growths[engine.name] = (peakOf(engine) - before) / 1024;
			engine.mustRun("rmi", large);
		}
		rows.push(row("daemon's growth while it pulls 2 GB", "MiB", growths));
	} finally {
		wire.stop();
		await registry.stop();
	}
	return rows;
}

async function startRegistry(work, environment) {
	const port = await freePort();
	const config = join(work, "registry.yml");
	writeFileSync(
		config,
		`version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${join(work, "registry")}\n` +
			`http:\n  addr: 127.0.0.1:${port}\n`,
	);
	const child = spawn("docker-registry", ["serve", config], { env: environment, stdio: "ignore" });
	const ended = new Promise((resolve) => child.once("close", resolve));
	while (!(await accepts(port))) await new Promise((resolve) => setTimeout(resolve, 50));
	return {
		domain: `localhost:${port}`,
		async stop() {
			child.kill("SIGKILL");
			await ended;
		},
	};
}

/** In a process of its own: the measuring one waits for the clients it runs. */
async function startWire(port) {
	const script = new URL("slow-wire.mjs", import.meta.url).pathname;
	const child = spawn(process.execPath, [script, port, String(wireBytesPerSecond)], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const own = await new Promise((resolve) =>
		child.stdout.once("data", (line) => resolve(String(line).trim())),
	);
	return { domain: `localhost:${own}`, stop: () => child.kill("SIGKILL") };
}

/** Puts an image of so many layers into the registry, made in memory. */
function publish({ environment, image, layers, filesEach, fileBytes }) {
	const work = mkdtempSync("/dev/shm/hull-bench-");
	const folder = join(work, "archive");
	const names = [];
	for (let index = 0; index < layers; index++) {
		const source = join(work, `layer-${index}`);
		mkdirSync(join(source, `layer-${index}`), { recursive: true });
		for (let file = 0; file < filesEach; file++)
			writeFileSync(join(source, `layer-${index}`, `file-${file}`), content(fileBytes));
		mkdirSync(folder, { recursive: true });
		names.push(`${index}.tar`);
		tar("-C", source, "-cf", join(folder, `${index}.tar`), ".");
		spawnSync("rm", ["-rf", source]);
	}
	const diffIds = names.map((name) => sha256(readFileSync(join(folder, name))));
	const config = { architecture: architecture(), os: "linux", rootfs: { type: "layers", diff_ids: diffIds } };
	writeFileSync(join(folder, "config.json"), JSON.stringify(config));
	const manifest = [{ Config: "config.json", RepoTags: [image], Layers: names }];
	writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
	const archive = join(work, "archive.tar");
	tar("-C", folder, "-cf", archive, ".");
	const copy = ["copy", "-q", "--dest-tls-verify=false", `docker-archive:${archive}`, `docker://${image}`];
	const copied = spawnSync("skopeo", copy, { env: environment, encoding: "utf8" });
	rmSync(work, { recursive: true });
	if (copied.status !== 0) throw new Error(`skopeo ${copy.join(" ")}: ${copied.stderr}`);
}

/** Half of it compresses to nothing, as files mostly do. */
function content(bytes) {
	const buffer = Buffer.alloc(bytes, "hull ");
	randomFillSync(buffer, 0, Math.floor(bytes / 2));
	return buffer;
}

function tar(...args) {
	const result = spawnSync("tar", args);
	if (result.status !== 0) throw new Error(`tar ${args.join(" ")}: ${result.stderr}`);
}

/** KiB that the daemon holds now; what it holds at most is counted from here. */
function resetPeak({ daemonPids }) {
	for (const pid of daemonPids()) writeFileSync(`/proc/${pid}/clear_refs`, "5");
	return sumOf(daemonPids(), "VmRSS");
}

function peakOf({ daemonPids }) {
	return sumOf(daemonPids(), "VmHWM");
}

function sumOf(pids, name) {
	const figures = pids.map((pid) => {
		const status = readFileSync(`/proc/${pid}/status`, "utf8");
		return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
	});
	return figures.reduce((sum, figure) => sum + figure, 0);
}

function sha256(bytes) {
	return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function architecture() {
	return { x64: "amd64", arm64: "arm64" }[process.arch] ?? process.arch;
}

async function freePort() {
	const server = createServer();
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

function accepts(port) {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", () => resolve(false));
	});
}
