/**
 * `npm run demo`: Hull's main job, on an engine of its own in a temporary folder. Makes two images from Debian's
 * packages, runs, lists, follows and enters containers, kills the daemon under one of them, measures, and cleans up.
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { busyboxRootTar } from "./images/busybox.mjs";
import { debianRootTar } from "./images/debian.mjs";
import { root } from "./setup/run.mjs";

const cache = `${root}node_modules/.cache/hull`;
const work = mkdtempSync(join(tmpdir(), "hull-demo-"));
const socket = join(work, "hull.sock");
let daemon;

try {
	title("An engine of its own");
	daemon = await startDaemon();
	hull("version", "--format", "{{.Server.Version}} (API {{.Server.APIVersion}})");

	title("Two images, from Debian's packages");
	importImage(busyboxRootTar(`${cache}/busybox.tar`), "busybox", 'CMD ["sh"]');
	console.log("  making a Debian bookworm root with mmdebstrap (a minute, the first time)");
	importImage(debianRootTar(`${cache}/bookworm.tar`), "debian:bookworm", 'CMD ["bash"]');
	hull("images");

	title("Run both");
	hull("run", "--rm", "busybox", "echo", "hello from busybox");
	hull("run", "--rm", "debian:bookworm", "sh", "-c", '. /etc/os-release; echo "hello from $PRETTY_NAME"');

	title("One that stays: logs, exec, and a daemon that dies under it");
	const count = 'i=0; while true; do i=$((i+1)); echo "line $i"; sleep 0.2; done';
	hull("run", "-d", "--name", "counter", "--memory", "64m", "busybox", "sh", "-c", count);
	hull("exec", "counter", "hostname", "-i");
	await settle(600);
	console.log("  kill -9 of hulld, and a new one");
	daemon.kill("SIGKILL");
	daemon = await startDaemon();
	hull("ps");
	hull("logs", "--tail", "3", "counter");
	hull("exec", "counter", "ps");

	title("What it costs here");
	console.log(
		`  start to exit of \`hull run --rm busybox true\`, median of 10: ${medianStart("--network", "bridge")} ms`,
	);
	console.log(
		`  the same without a network:                               ${medianStart("--network", "none")} ms`,
	);
	console.log(`  engine's memory for the running container (PSS):           ${shimMemory()} KiB`);
	// It gives back what start-up and work touched once it has been idle for some seconds.
	await settle(11_000);
	console.log(`  the daemon's own memory, at rest (PSS):                    ${kib(daemon.pid)} KiB`);

	title("Clean up");
	hull("rm", "-f", "counter");
	hull("rmi", "busybox", "debian:bookworm");
	console.log("\ndemo: done");
} finally {
	await stopDaemon();
	rmSync(work, { recursive: true, force: true });
}

function title(text) {
	console.log(`\n== ${text}`);
}

/** Shows the command and what it prints; a failing command ends the demo. */
function hull(...args) {
	console.log(
		`$ hull ${args.map((arg) => (/^[\w./:=-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(" ")}`,
	);
	const result = run(args);
	process.stdout.write((result.stdout + result.stderr).replace(/^(?=.)/gm, "  "));
	if (result.status !== 0) throw new Error(`hull ${args.join(" ")}: exit code ${result.status}`);
}

function run(args) {
	return spawnSync(`${root}dist/hull`, ["--host", `unix://${socket}`, ...args], { encoding: "utf8" });
}

function importImage(path, reference, change) {
	hull("import", "--change", change, path, reference);
}

async function startDaemon() {
	const log = openSync(join(work, "hulld.log"), "a");
	const args = [
		"--data-root",
		join(work, "data"),
		"--run-root",
		join(work, "run"),
		"--host",
		`unix://${socket}`,
	];
	const child = spawn(`${root}dist/hulld`, args, { stdio: ["ignore", "pipe", log] });
	closeSync(log);
	let resolve, reject;
	const promise = new Promise((...both) => ([resolve, reject] = both));
	let output = "";
	child.stdout.on("data", (chunk) => {
		output += chunk;
		if (output.includes("API listening on")) resolve(child);
	});
	child.on("error", reject);
	child.on("exit", () => reject(new Error(`hulld ended:\n${readFileSync(join(work, "hulld.log"), "utf8")}`)));
	return promise;
}

async function stopDaemon() {
	if (daemon === undefined || daemon.exitCode !== null) return;
	const left = run(["ps", "-aq"]).stdout.split("\n").filter(Boolean);
	if (left.length > 0) run(["rm", "-f", ...left]);
	const ended = new Promise((resolve) => daemon.once("exit", resolve));
	daemon.kill("SIGTERM");
	await ended;
}

function medianStart(...options) {
	const times = Array.from({ length: 10 }, () => {
		const start = performance.now();
		run(["run", "--rm", ...options, "busybox", "true"]);
		return performance.now() - start;
	});
	return times.sort((a, b) => a - b)[5].toFixed(0);
}

/** PSS of the one shim that runs below this demo's folder. */
function shimMemory() {
	const shims = readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.filter((pid) => {
			try {
				const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
				return command.includes("hull-shim") && command.includes(work);
			} catch {
				return false;
			}
		});
	return shims.reduce((sum, pid) => sum + kib(pid), 0);
}

function kib(pid) {
	return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
}

function settle(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
