import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * Counts what an engine holds on this machine: its daemon's memory and descriptors, and everything it made. `bridge` is
 * its bridge's name; its firewall table has the same, with an underscore.
 */
export function inventory(pid, { folder, bridge }) {
	return {
		pssKib: Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]),
		descriptors: readdirSync(`/proc/${pid}/fd`).length,
		threads: readdirSync(`/proc/${pid}/task`).length,
		mounts: mountsBelow(folder),
		cgroups: cgroupCount(),
		links: readdirSync(`/sys/class/net/${bridge}/brif`).length,
		rules: spawnSync("nft", ["list", "table", "inet", bridge.replace("-", "_")], {
			encoding: "utf8",
		}).stdout.split("\n").length,
		processes: processesBelow(folder),
		files: filesBelow(folder),
	};
}

/** Lines for what is more at the end than at the start; memory may breathe by a quarter and 8 MiB. */
export function findGrowth(start, end) {
	const allowed = (key, value) =>
		key === "pssKib" ? value * 1.25 + 8192 : key === "descriptors" ? value + 4 : value;
	return Object.keys(start)
		.filter((key) => key !== "threads" && end[key] > allowed(key, start[key]))
		.map((key) => `${key}: ${start[key]} → ${end[key]}`);
}

/** Groups named for Hull in every hierarchy, whichever engine made them. */
function cgroupCount() {
	const found = spawnSync("find", ["/sys/fs/cgroup", "-type", "d", "-path", "*hull*"], { encoding: "utf8" });
	return found.stdout.split("\n").filter(Boolean).length;
}

function mountsBelow(folder) {
	return readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.filter((line) => line.includes(folder)).length;
}

function processesBelow(folder) {
	return readdirSync("/proc").filter((entry) => {
		if (!/^\d+$/.test(entry)) return false;
		try {
			return readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(folder);
		} catch {
			return false;
		}
	}).length;
}

/** Files and folders of the engine, container roots' content left out (it lives and dies with snapshots). */
function filesBelow(folder) {
	const found = spawnSync("find", [folder, "-path", "*/snapshots/*/fs/*", "-prune", "-o", "-print"], {
		encoding: "utf8",
	});
	return found.stdout.split("\n").filter(Boolean).length;
}
