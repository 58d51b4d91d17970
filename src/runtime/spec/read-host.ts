import { existsSync, readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { capabilitiesOfMask } from "./capabilities.ts";
import { readHostDevices } from "./host-devices.ts";
import type { SpecHost } from "./input.ts";

/** Reads what the daemon and its host can do; once, when the daemon starts. */
export function readSpecHost(cgroupVersion: 1 | 2): SpecHost {
	return {
		cgroupVersion,
		architecture: process.arch,
		kernelVersion: release(),
		capabilities: readCapabilities(),
		rlimits: parseRlimits(readFileSync("/proc/self/limits", "latin1")),
		oomScoreAdj: Number(readFileSync("/proc/self/oom_score_adj", "latin1")),
		devices: readHostDevices,
		hasSysctl: (name) => existsSync(`/proc/sys/${name.replaceAll(".", "/")}`),
		thermalThrottlePaths: readThermalThrottlePaths(),
	};
}

function readCapabilities(): Set<string> {
	const mask = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1];
	return capabilitiesOfMask(mask ?? "0");
}

const nameOfLimit = new Map([
	["Max cpu time", "cpu"],
	["Max file size", "fsize"],
	["Max data size", "data"],
	["Max stack size", "stack"],
	["Max core file size", "core"],
	["Max resident set", "rss"],
	["Max processes", "nproc"],
	["Max open files", "nofile"],
	["Max locked memory", "memlock"],
	["Max file locks", "locks"],
	["Max pending signals", "sigpending"],
	["Max msgqueue size", "msgqueue"],
	["Max nice priority", "nice"],
	["Max realtime priority", "rtprio"],
	["Max realtime timeout", "rttime"],
]);

/** The table of /proc/<pid>/limits: a name, two spaces or more, soft, hard, unit. */
export function parseRlimits(table: string): Map<string, { soft: number; hard: number }> {
	const limits = new Map<string, { soft: number; hard: number }>();
	for (const line of table.split("\n")) {
		const [title = "", soft = "", hard = ""] = line.split(/\s{2,}/);
		const name = nameOfLimit.get(title);
		if (name !== undefined) limits.set(name, { soft: amount(soft), hard: amount(hard) });
	}
	return limits;
}

function amount(text: string): number {
	return text === "unlimited" ? -1 : Number(text);
}

function readThermalThrottlePaths(): string[] {
	const cpus = "/sys/devices/system/cpu";
	if (!existsSync(cpus)) return [];
	return readdirSync(cpus)
		.filter((name) => /^cpu\d+$/.test(name))
		.map((name) => `${cpus}/${name}/thermal_throttle`)
		.filter((path) => existsSync(path));
}
