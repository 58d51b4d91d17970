import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Counts what an engine holds on this machine: its daemon's memory and descriptors, and everything it made. */
export async function inventory(pid, folder) {
	return {
		pssKib: Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]),
		descriptors: readdirSync(`/proc/${pid}/fd`).length,
		threads: readdirSync(`/proc/${pid}/task`).length,
		mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
		cgroups: cgroupCount(),
		links: spawnSync("ip", ["-o", "link"], { encoding: "utf8" }).stdout.split("\n").length,
		rules: spawnSync("nft", ["list", "ruleset"], { encoding: "utf8" }).stdout.split("\n").length,
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

/** Lines of /proc/cgroups-like counting over every mounted hierarchy, by walking folders named for Hull. */
function cgroupCount() {
	const found = spawnSync("find", ["/sys/fs/cgroup", "-type", "d", "-path", "*hull*"], { encoding: "utf8" });
	return found.stdout.split("\n").filter(Boolean).length;
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
