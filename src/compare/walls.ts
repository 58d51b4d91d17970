import type { HullHost } from "../api/index.ts";
import type { Findings } from "./findings.ts";
import type { Verdict, Wall } from "./report.ts";

/** Which part of the table a wall stands in. */
export type WallGroup = "sight" | "control" | "surface";

interface WallKind {
	readonly name: string;
	readonly group: WallGroup;
	/** What was tried, as the table says it. */
	readonly title: string;
	judge(findings: Findings, host: HullHost): Omit<Wall, "name"> | undefined;
}

export const groupTitles: Readonly<Record<WallGroup, string>> = {
	sight: "What it sees",
	control: "What it can do to the machine",
	surface: "Which parts of a kernel it can call",
};

/** Every wall that is tried, in the order of the table. */
export const wallKinds: readonly WallKind[] = [
	sight("kernel", "kernel", ({ facts }, host) => ({
		verdict: facts.get("boot-id") === host.BootId ? "host" : "own",
		detail: facts.get("kernel-release") ?? "",
	})),
	sight("memory-size", "memory of the machine", ({ facts }, host) => {
		const bytes = Number(facts.get("memory-total"));
		const same = Math.abs(bytes - host.MemoryTotalBytes) < host.MemoryTotalBytes / 100;
		return { verdict: same ? "host" : "own", detail: `${(bytes / 2 ** 20).toFixed(0)} MiB` };
	}),
	sight("uptime", "time since boot", ({ facts }, host) => {
		const seconds = Number(facts.get("uptime-seconds"));
		const same = Math.abs(seconds - host.UptimeSeconds) < 60 && facts.get("boot-id") === host.BootId;
		return { verdict: same ? "host" : "own", detail: `${seconds} s` };
	}),
	sight("cpu-model", "processor", ({ facts }, host) => ({
		verdict: facts.get("cpu-model") === host.CpuModel ? "host" : "own",
		detail: `${facts.get("cpu-count") ?? "?"} × ${facts.get("cpu-model") ?? "?"}`,
	})),
	sight("load", "load average", ({ facts }, host) => ({
		verdict: facts.get("boot-id") === host.BootId ? "host" : "own",
		detail: (facts.get("load") ?? "").split(" ").slice(0, 3).join(" "),
	})),
	sight("disks", "names of disks", ({ facts }, host) => {
		const disks = facts.get("block-devices");
		if (disks === undefined || disks === "") return { verdict: "denied", detail: "none" };
		return { verdict: facts.get("boot-id") === host.BootId ? "host" : "own", detail: disks };
	}),
	sight("processes", "other processes", ({ facts }, host) => {
		const count = Number(facts.get("processes-visible"));
		if (count * 2 > host.Processes && facts.get("boot-id") === host.BootId)
			return { verdict: "host", detail: `${count} of the host's` };
		return { verdict: "own", detail: `${count}, its own` };
	}),
	attempt("kernel-log", "control", "read the kernel's log"),
	attempt("kernel-memory", "control", "read the kernel's memory (/proc/kcore)"),
	attempt("memory-device", "control", "read physical memory (/dev/mem)"),
	attempt("disk-read", "control", "read a raw disk"),
	attempt("disk-write", "control", "write a raw disk"),
	attempt("core-pattern", "control", "set kernel.core_pattern"),
	attempt("kernel-tuning", "control", "tune the kernel's memory (/sys)"),
	attempt("sysrq", "control", "press SysRq (crash, reboot)"),
	attempt("module", "control", "load a kernel module"),
	attempt("kexec", "control", "replace the kernel (kexec)"),
	attempt("clock", "control", "set the clock"),
	attempt("ports", "control", "talk to I/O ports"),
	attempt("priority", "control", "take real-time priority"),
	attempt("keyring", "control", "put a key into the user's keyring"),
	attempt("keys", "control", "list the kernel's keys"),
	attempt("kvm", "control", "use /dev/kvm"),
	attempt("bpf", "surface", "load a BPF program"),
	attempt("perf", "surface", "trace the kernel (perf)"),
	attempt("mount", "surface", "mount a file system"),
	attempt("user-namespace", "surface", "make a user namespace"),
	attempt("packet-socket", "surface", "forge packets (raw socket)"),
	attempt("io-uring", "surface", "use io_uring"),
	attempt("userfaultfd", "surface", "use userfaultfd"),
];

function sight(name: string, title: string, judge: WallKind["judge"]): WallKind {
	return { name, group: "sight", title, judge };
}

/** What is allowed works on the kernel that the container has: the host's, or one of its own. */
function attempt(name: string, group: WallGroup, title: string): WallKind {
	return {
		name,
		group,
		title,
		judge({ checks, facts }, host) {
			const result = checks.get(name);
			if (result === undefined) return undefined;
			if (result !== "allowed") return { verdict: "denied", detail: result };
			return { verdict: facts.get("boot-id") === host.BootId ? "host" : "own", detail: "allowed" };
		},
	};
}

/** What became of each wall that the findings tell about. */
export function judgeWalls(findings: Findings, host: HullHost): Wall[] {
	return wallKinds.flatMap((kind) => {
		const judged = kind.judge(findings, host);
		return judged === undefined ? [] : [{ name: kind.name, ...judged }];
	});
}

export function countVerdicts(walls: readonly Wall[], verdict: Verdict): number {
	return walls.filter((wall) => wall.verdict === verdict).length;
}
