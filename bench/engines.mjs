import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { busyboxRootTar } from "../scripts/images/busybox.mjs";
import { peersFolder } from "../scripts/setup/peers.mjs";
import { root } from "../scripts/setup/run.mjs";

const peersEnvironment = {
	...process.env,
	PATH: `${process.env.PATH}:${peersFolder}/usr/bin:${peersFolder}/usr/sbin`,
};

/** Starts each engine on a data root of its own with the same busybox image, called `busybox`. */
export async function startEngines() {
	const work = mkdtempSync(join(tmpdir(), "hull-bench-"));
	const found = [await startHull(work), await startDocker(work), podman(work)].filter(Boolean);
	const tar = busyboxRootTar(`${root}node_modules/.cache/hull/busybox.tar`);
	for (const engine of found) engine.mustRun("import", tar, "busybox");
	const engines = found.filter(runsHere);
	return {
		work,
		all: engines,
		/** Runs `body(engine)` `rounds` times in turn and gives each engine's figures: `{ hull: […], docker: […] }`. */
		async alternate(rounds, body, chosen = engines) {
			const figures = Object.fromEntries(chosen.map(({ name }) => [name, []]));
			for (let round = 0; round < rounds; round++)
				for (const engine of chosen) figures[engine.name].push(await body(engine, round));
			return figures;
		},
		async stop() {
			for (const engine of engines) await engine.stop();
			rmSync(work, { recursive: true, force: true });
		},
	};
}

/** A peer that cannot run a container on this machine is left out, and said so; Hull must. */
function runsHere(engine) {
	const result = engine.run([
		"run",
		"--rm",
		...(engine.runOptions ?? []),
		"--network=none",
		"busybox",
		"true",
	]);
	if (result.status === 0) return true;
	if (engine.name === "hull") throw new Error(`hull cannot run a container: ${result.stderr}`);
	console.log(`bench: ${engine.name} is left out, it does not run here: ${result.stderr.trim()}`);
	return false;
}

function engine(name, command, more, environment = peersEnvironment) {
	const run = (args, options) =>
		spawnSync(command[0], [...command.slice(1), ...args], {
			env: environment,
			encoding: "utf8",
			maxBuffer: 1 << 30,
			...options,
		});
	return {
		name,
		command,
		environment,
		run,
		mustRun(...args) {
			const result = run(args);
			if (result.status !== 0) throw new Error(`${name} ${args.join(" ")}: ${result.stderr}`);
			return result.stdout.trim();
		},
		/** Milliseconds of one command that must succeed. */
		time(...args) {
			const start = performance.now();
			const result = run(args, { stdio: ["ignore", "ignore", "pipe"] });
			if (result.status !== 0) throw new Error(`${name} ${args.join(" ")}: ${result.stderr}`);
			return performance.now() - start;
		},
		/** The same engine asked by another client. */
		withCommand: (other, otherEnvironment) => engine(name, other, more, otherEnvironment),
		...more,
	};
}

async function startHull(work) {
	const socket = join(work, "hull.sock");
	const args = [
		"--data-root",
		join(work, "hull"),
		"--run-root",
		join(work, "hull-run"),
		"--host",
		`unix://${socket}`,
	];
	const daemon = startDaemon(`${root}dist/hulld`, args, join(work, "hulld.log"));
	const hull = engine("hull", [`${root}dist/hull`, "--host", `unix://${socket}`], {
		socket,
		daemonPids: () => [daemon.pid],
		shimName: "hull-shim",
		stop: () => stopDaemon(daemon, hull),
	});
	await untilAnswers(hull);
	return hull;
}

/** Debian's dockerd, unpacked by set-up; its bridge and rules go with it. */
async function startDocker(work) {
	if (spawnSync("which", ["dockerd"], { env: peersEnvironment }).status !== 0) return undefined;
	const socket = join(work, "docker.sock");
	mkdirSync(join(work, "docker"));
	const daemon = startDaemon(
		"dockerd",
		[
			...["--data-root", join(work, "docker"), "--exec-root", join(work, "docker-run")],
			...["--pidfile", join(work, "docker.pid"), "-H", `unix://${socket}`, "--bip", "172.30.0.1/16"],
		],
		join(work, "dockerd.log"),
	);
	const docker = engine("docker", ["docker", "-H", `unix://${socket}`], {
		socket,
		daemonPids: () => [daemon.pid, ...childrenOf(daemon.pid)],
		shimName: "containerd-shim",
		async stop() {
			await stopDaemon(daemon, docker);
			spawnSync("ip", ["link", "delete", "docker0"]);
		},
	});
	await untilAnswers(docker);
	return docker;
}

function podman(work) {
	if (!existsSync("/usr/bin/podman")) return undefined;
	const storage = [
		"--root",
		join(work, "podman"),
		"--runroot",
		join(work, "podman-run"),
		"--cgroup-manager=cgroupfs",
	];
	const self = engine("podman", ["podman", ...storage, "--runtime=runc"], {
		// Without CAP_SYS_RESOURCE podman's own default limits cannot be set.
		runOptions: ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"],
		daemonPids: () => [],
		shimName: "conmon",
		stop: () => self.run(["rm", "-af"]),
	});
	return self;
}

function startDaemon(program, args, logFile) {
	const log = openSync(logFile, "a");
	return spawn(program, args, { env: peersEnvironment, stdio: ["ignore", log, log] });
}

async function stopDaemon(daemon, owner) {
	const ids = owner.run(["ps", "-aq"]).stdout.split("\n").filter(Boolean);
	if (ids.length > 0) owner.run(["rm", "-f", ...ids]);
	const ended = new Promise((resolve) => daemon.once("exit", resolve));
	daemon.kill("SIGTERM");
	await ended;
}

function childrenOf(pid) {
	return spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
		.stdout.split("\n")
		.filter(Boolean)
		.map(Number);
}

async function untilAnswers(engine) {
	for (let tries = 0; tries < 200; tries++) {
		if (engine.run(["version"]).status === 0) return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error(`${engine.name} does not answer`);
}
