/**
 * What `hull compare` found, as plain data: what `--format json` prints and what the table and the page are made of.
 *
 * Vocabulary:
 * - **subject**: one hull that the image was run in.
 * - **figure**: one measured cost or speed of a subject.
 * - **wall**: one thing of the host that was tried from inside, and what came of it.
 */
import type { HullHost } from "../api/index.ts";

export type HullName = "process" | "vm" | "machine";

export interface Report {
	readonly version: 1;
	/** RFC 3339. */
	readonly takenAt: string;
	readonly image: { readonly reference: string; readonly id: string; readonly sizeBytes: number };
	/** The command that ran beside the probe; `undefined` when the image names none. */
	readonly command: readonly string[] | undefined;
	readonly host: HullHost;
	/** What virtual machines are made with; `undefined` when the engine has none. */
	readonly machines:
		| { readonly accelerator: string; readonly qemuVersion: string; readonly kernelVersion: string }
		| undefined;
	/** Samples of each start. */
	readonly runs: number;
	/** Containers of each hull that ran at once while memory was measured. */
	readonly count: number;
	readonly subjects: readonly Subject[];
	/** What a reader must know to read the figures right. */
	readonly notes: readonly string[];
	readonly choices: readonly Choice[];
}

export interface Subject {
	readonly hull: HullName;
	/** Why it was not measured, or not to the end. */
	readonly failure?: string;
	readonly kernel?: { readonly release: string; readonly shared: boolean };
	/** As the container sees it. */
	readonly cpuModel?: string;
	/** Milliseconds from the request to create until the first byte that the process wrote. */
	readonly start?: { readonly firstMs: number; readonly warm: Spread };
	readonly command?: CommandRun;
	readonly memory?: MemoryUse;
	readonly disk?: { readonly sharedBytes: number; readonly ownBytes: number };
	readonly work?: Readonly<Partial<Record<WorkName, Work>>>;
	readonly walls?: readonly Wall[];
	/** Walls again, in a container with `--privileged`. */
	readonly privilegedWalls?: readonly Wall[];
}

/** Samples in the order in which they were taken. */
export interface Spread {
	readonly median: number;
	readonly min: number;
	readonly max: number;
	readonly samples: readonly number[];
}

/** `runs`: it was still running when it had been given time to end. */
export type CommandRun =
	| { readonly kind: "ended"; readonly exitCode: number; readonly ms: Spread }
	| { readonly kind: "runs" };

/** Proportional set sizes, bytes. */
export interface MemoryUse {
	/** What ran: the command, or the probe that only waits. */
	readonly of: "command" | "probe";
	readonly oneBytes: number;
	/** The part of one that is the engine's: supervisor. */
	readonly supervisorBytes: number;
	readonly count: number;
	readonly allBytes: number;
	/** What each further one adds to the processes' memory. */
	readonly furtherBytes: number;
	/** What each further one adds to the memory of the host's kernel, near enough: others use that kernel too. */
	readonly kernelBytes: number;
	/** How many fit into the memory that the machine had available, the kernel's part included. */
	readonly fits: number;
}

export const workNames = [
	"integer",
	"system-calls",
	"page-faults",
	"processes",
	"disk-write",
	"disk-read",
	"files",
	"round-trips",
	"stream",
] as const;
export type WorkName = (typeof workNames)[number];

/** Units of work in a time that was taken outside of the container: the best of three. */
export interface Work {
	readonly units: number;
	readonly ms: number;
	readonly perSecond: number;
}

/** `host`: what it got at is the host's; `own`: it has one of its own; `denied`: it got at none. */
export type Verdict = "host" | "own" | "denied";

export interface Wall {
	readonly name: string;
	readonly verdict: Verdict;
	/** What was seen, or the error that refused it. */
	readonly detail: string;
}

export interface Choice {
	readonly need: string;
	/** `undefined`: nothing was measured that could decide. */
	readonly hull: HullName | undefined;
	readonly because: readonly string[];
}

export function spreadOf(samples: readonly number[]): Spread {
	const sorted = [...samples].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
	return { median, min: sorted[0]!, max: sorted.at(-1)!, samples };
}
