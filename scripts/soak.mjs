/**
 * `npm run soak [-- --containers N] [--minutes N] [--lanes N]`: short containers, execs, attached input and followed
 * logs through the real client, for as long as told; then compares what the engine holds (memory, descriptors, mounts,
 * cgroups, links, rules, processes) with what it held after the warm-up. Exits 1 when something grew.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { busyboxRootTar } from "./images/busybox.mjs";
import { root } from "./setup/run.mjs";
import { findGrowth, inventory } from "./soak/inventory.mjs";
import { work as kinds } from "./soak/work.mjs";

const { values: options } = parseArgs({
	options: {
		containers: { type: "string", default: "10000" },
		minutes: { type: "string", default: "600" },
		lanes: { type: "string", default: "4" },
	},
});
const total = Number(options.containers);
const deadline = Date.now() + Number(options.minutes) * 60_000;
const warmUp = Math.min(500, Math.ceil(total / 5));

const folder = mkdtempSync(join(tmpdir(), "hull-soak-"));
const socket = join(folder, "hull.sock");
const daemon = startDaemon();
const bridgeName = '{{index .Options "com.docker.network.bridge.name"}}';
let bridge;
let started = 0;
let failures = 0;
try {
	await untilAnswers();
	await hull(["import", busyboxRootTar(`${root}node_modules/.cache/hull/busybox.tar`), "busybox"]);
	await hull([
		"run",
		"-d",
		"--name",
		"printer",
		"busybox",
		"sh",
		"-c",
		"while true; do echo tick; sleep 0.1; done",
	]);
	bridge = (await hull(["network", "inspect", "-f", bridgeName, "bridge"])).trim();
	await runUntil(warmUp);
	const base = await settledInventory();
	report("after warm-up", base);
	for (let mark = warmUp; mark < total && Date.now() < deadline; ) {
		mark = Math.min(total, mark + 1000);
		await runUntil(mark);
		report(`after ${started}`, inventory(daemon.pid, { folder, bridge }));
	}
	const end = await settledInventory();
	report("at the end", end);
	const growth = findGrowth(base, end);
	for (const line of growth) console.log(`grew: ${line}`);
	console.log(
		`soak: ${started} containers, ${failures} failures, ${growth.length === 0 ? "nothing grew" : "something grew"}`,
	);
	process.exitCode = growth.length === 0 && failures === 0 ? 0 : 1;
} finally {
	await hull(["rm", "-f", "printer"]).catch(() => {});
	const ended = new Promise((resolve) => daemon.once("exit", resolve));
	daemon.kill("SIGTERM");
	await ended;
	rmSync(folder, { recursive: true, force: true });
}

async function runUntil(mark) {
	const lane = async () => {
		while (started < mark && Date.now() < deadline) {
			const number = started++;
			try {
				await kinds[number % kinds.length](hull, `soak-${number}`);
			} catch (error) {
				failures++;
				console.log(`failure in container ${number}: ${error.message}`);
			}
		}
	};
	await Promise.all(Array.from({ length: Number(options.lanes) }, lane));
}

/** What the engine holds once background deletions are done: the smallest of a few looks. */
async function settledInventory() {
	let best = inventory(daemon.pid, { folder, bridge });
	for (let look = 0; look < 10; look++) {
		await new Promise((resolve) => setTimeout(resolve, 500));
		const next = inventory(daemon.pid, { folder, bridge });
		best = Object.fromEntries(Object.entries(next).map(([key, value]) => [key, Math.min(value, best[key])]));
	}
	return best;
}

function report(when, counts) {
	const text = Object.entries(counts).map(([key, value]) => `${key} ${value}`);
	console.log(`${when.padEnd(16)} ${text.join("  ")}`);
}

/** Runs the client; `input` goes to its stdin. Gives its output, or throws with what it said. */
function hull(args, input) {
	return new Promise((resolve, reject) => {
		const child = spawn(`${root}dist/hull`, ["--host", `unix://${socket}`, ...args]);
		let output = "";
		let errors = "";
		child.stdout.on("data", (chunk) => (output += chunk));
		child.stderr.on("data", (chunk) => (errors += chunk));
		child.on("error", reject);
		child.on("close", (code) =>
			code === 0 ? resolve(output) : reject(new Error(`${args[0]}: ${code}: ${errors.trim()}`)),
		);
		// A client that ends early says why by its exit code.
		child.stdin.on("error", () => {});
		child.stdin.end(input ?? "");
	});
}

function startDaemon() {
	const log = openSync(join(folder, "hulld.log"), "a");
	const places = ["--data-root", join(folder, "data"), "--run-root", join(folder, "run")];
	const child = spawn(`${root}dist/hulld`, [...places, "--host", `unix://${socket}`], {
		stdio: ["ignore", log, log],
	});
	closeSync(log);
	return child;
}

async function untilAnswers() {
	for (let tries = 0; tries < 100; tries++) {
		if (
			await hull(["version"]).then(
				() => true,
				() => false,
			)
		)
			return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error("hulld does not answer");
}
