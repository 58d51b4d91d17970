import { readdirSync, readFileSync } from "node:fs";
import { row } from "../table.mjs";

const count = 10;

/** Memory (PSS) of the engine for each idle container, and of its daemon. */
export async function idle({ all }) {
	const each = {};
	const daemon = {};
	for (const engine of all) {
		const before = daemonKib(engine);
		const names = Array.from({ length: count }, (_, index) => `idle-${index}`);
		for (const name of names)
			engine.mustRun(
				"run",
				"-d",
				...(engine.runOptions ?? []),
				"--network=none",
				"--name",
				name,
				"busybox",
				"sleep",
				"1000",
			);
		each[engine.name] = shimsKib(engine.shimName) / count / 1024;
		if (engine.daemonPids().length > 0) daemon[engine.name] = before / 1024;
		engine.mustRun("rm", "-f", ...names);
	}
	return [
		row("memory per idle container", "MiB PSS", each, { budget: 0.15 }),
		row("daemon", "MiB PSS", daemon, { budget: 0.31 }),
	];
}

function daemonKib(engine) {
	return engine.daemonPids().reduce((sum, pid) => sum + pss(pid), 0);
}

function shimsKib(name) {
	const isShim = (pid) => {
		try {
			return readFileSync(`/proc/${pid}/comm`, "utf8").trim().startsWith(name.slice(0, 15));
		} catch {
			return false;
		}
	};
	return readdirSync("/proc")
		.filter((entry) => /^\d+$/.test(entry) && isShim(entry))
		.reduce((sum, pid) => sum + pss(pid), 0);
}

function pss(pid) {
	return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
}
