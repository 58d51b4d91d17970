import { readdirSync, readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import type { HullHost } from "../../api/index.ts";

/** The machine that the engine runs on. */
export function hostFacts(): HullHost {
	const memory = readText("/proc/meminfo");
	const kibOf = (text: string, key: string) =>
		1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
	const processors = cpus();
	return {
		KernelRelease: release(),
		BootId: readText("/proc/sys/kernel/random/boot_id").trim(),
		UptimeSeconds: Math.trunc(Number(readText("/proc/uptime").split(" ")[0])),
		MemoryTotalBytes: kibOf(memory, "MemTotal"),
		MemoryAvailableBytes: kibOf(memory, "MemAvailable"),
		KernelMemoryBytes: ["SUnreclaim", "KernelStack", "PageTables", "Percpu"].reduce(
			(sum, key) => sum + kibOf(memory, key),
			0,
		),
		CpuCount: processors.length,
		CpuModel: processors[0]?.model.trim() ?? "",
		Processes: readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length,
		EnginePssBytes: kibOf(readText("/proc/self/smaps_rollup"), "Pss"),
	};
}

function readText(path: string): string {
	try {
		return readFileSync(path, "latin1");
	} catch {
		return "";
	}
}
