import { readFileSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";
import type { Process, Resources, RuntimeSpec, Uint64 } from "../../oci/index.ts";
import { capabilityMask } from "../spec/capabilities.ts";
import { initDestination } from "../spec/mounts.ts";
import type { GuestMounts } from "./guest-mounts.ts";

const maxFileChars = 1024 * 1024;

export type GuestField = readonly [string, string | number | boolean | undefined];

/** What GUEST_PREPARE is made from. */
export interface GuestTask {
	readonly spec: RuntimeSpec;
	readonly mounts: GuestMounts;
	readonly layers: readonly { readonly offset: number; readonly length: number }[];
	readonly upper: "disk" | "tmpfs";
	readonly terminal: boolean;
	readonly openStdin: boolean;
	readonly stdinOnce: boolean;
	/** The filter as `struct sock_filter[]` in base64; `undefined` without one. */
	readonly seccomp: string | undefined;
	/** The process is the init of a whole machine. */
	readonly whole: boolean;
}

/** The fields of GUEST_PREPARE, in the order of `docs/session-protocol.md`. */
export function guestPrepareFields(task: GuestTask): GuestField[] {
	const { linux, process, root } = task.spec;
	const hasNamespace = (type: string) => linux.namespaces.some((namespace) => namespace.type === type);
	const usesInit = task.mounts.init;
	return [
		...processFields(usesInit ? withoutInit(process) : process),
		...task.layers.map(({ offset, length }): GuestField => ["layer", `${offset}:${length}`]),
		["upper", task.upper],
		["read-only", root.readonly === true],
		["terminal", task.terminal],
		["stdin", task.openStdin],
		["stdin-once", task.stdinOnce],
		["columns", process.consoleSize?.width],
		["rows", process.consoleSize?.height],
		...task.mounts.guest.flatMap(({ target, type, source, options }): GuestField[] => [
			["guest-mount-target", target],
			["guest-mount-type", type],
			...(type === "file"
				? ([["guest-mount-content", fileContent(source!)]] as const)
				: ([["guest-mount-source", source]] as const)),
			...options.map((option): GuestField => ["guest-mount-option", option]),
		]),
		...(linux.maskedPaths ?? []).map((path): GuestField => ["masked-path", path]),
		...(linux.readonlyPaths ?? []).map((path): GuestField => ["readonly-path", path]),
		...Object.entries(linux.sysctl ?? {}).map(([key, value]): GuestField => ["sysctl", `${key}=${value}`]),
		["seccomp", task.seccomp],
		...limitFields(linux.resources ?? {}),
		["pid-namespace", hasNamespace("pid")],
		["ipc-namespace", hasNamespace("ipc")],
		["uts-namespace", hasNamespace("uts")],
		// Inside is cgroup v2, where Docker gives each container a namespace of its own.
		["cgroup-namespace", true],
		["init", usesInit],
		["machine", task.whole],
	];
}

/** Of the engine's own files, written just before. Errors: `corrupt` for a file that is not a small text. */
function fileContent(path: string): string {
	const text = readFileSync(path, "utf8");
	if (text.length > maxFileChars || text.includes("\0"))
		throw new EngineError("corrupt", `${path}: is no small text file`);
	return text;
}

/** What GUEST_PREPARE and EXEC say of a process. */
export function processFields(process: Process): GuestField[] {
	const { user, capabilities = {} } = process;
	const mask = (set: keyof typeof capabilities) => capabilityMask(capabilities[set] ?? []).toString();
	return [
		...process.args.map((argument): GuestField => ["arg", argument]),
		...process.env.map((entry): GuestField => ["env", entry]),
		["cwd", process.cwd],
		["uid", user.uid],
		["gid", user.gid],
		...(user.additionalGids ?? []).map((group): GuestField => ["group", group]),
		["umask", user.umask?.toString(8)],
		["no-new-privileges", process.noNewPrivileges === true],
		["cap-bounding", mask("bounding")],
		["cap-effective", mask("effective")],
		["cap-inheritable", mask("inheritable")],
		["cap-permitted", mask("permitted")],
		["cap-ambient", mask("ambient")],
		...(process.rlimits ?? []).map(
			({ type, soft, hard }): GuestField => ["rlimit", `${type}:${numberText(soft)}:${numberText(hard)}`],
		),
		["oom-score-adj", process.oomScoreAdj],
	];
}

/** hull-guest is the init itself: the one that would be bound from the host has no part in it. */
function withoutInit(process: Process): Process {
	return process.args[0] === initDestination ? { ...process, args: process.args.slice(2) } : process;
}

function numberText(value: Uint64): string {
	return typeof value === "number" ? String(value) : value.rawJSON;
}

/**
 * Limits as control group v2 names them, for a new container and for an update. Errors: `invalid_argument` for a
 * limit that a machine does not have.
 */
export function limitFields({ memory, cpu, pids, blockIO }: Resources): GuestField[] {
	const refused = [
		[cpu?.cpus !== undefined, "a set of CPUs (--cpuset-cpus)"],
		[cpu?.mems !== undefined, "a set of memory nodes (--cpuset-mems)"],
		[cpu?.realtimePeriod !== undefined || cpu?.realtimeRuntime !== undefined, "real-time CPU limits"],
		[memory?.swappiness !== undefined, "a swappiness (--memory-swappiness)"],
		[memory?.disableOOMKiller === true, "disabling the OOM killer (--oom-kill-disable)"],
		[blockIO !== undefined, "block I/O limits"],
	] as const;
	for (const [isSet, text] of refused)
		if (isSet) throw new EngineError("invalid_argument", `isolation vm does not support ${text}`);
	return [
		["limit-memory", memory?.limit],
		["limit-swap", swapLimit(memory)],
		["limit-reservation", memory?.reservation],
		["limit-pids", pids === undefined ? undefined : limitText(pids.limit)],
		["limit-cpu-quota", cpu?.quota === undefined ? undefined : limitText(cpu.quota)],
		["limit-cpu-period", cpu?.period],
		["limit-cpu-weight", cpu?.shares === undefined ? undefined : cpuWeight(cpu.shares)],
	];
}

function limitText(value: number): string {
	return value < 0 ? "max" : String(value);
}

/** v1 counts memory and swap together, v2 swap alone. */
function swapLimit(memory: Resources["memory"]): string | undefined {
	if (memory?.swap === undefined) return undefined;
	return memory.swap < 0 ? "max" : String(Math.max(0, memory.swap - (memory.limit ?? 0)));
}

/** Shares 2 … 262144 as weight 1 … 10000, as crun and systemd translate them. */
function cpuWeight(shares: number): number {
	const bounded = Math.min(Math.max(shares, 2), 262_144);
	return Math.floor(1 + ((bounded - 2) * 9_999) / 262_142);
}
