import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import { processStatus } from "./vm-escape.ts";

/**
 * Runs a program as code that took QEMU over would: as its user, without capabilities, in its namespaces, jail and
 * control groups. Gives what it prints; its failure is no failure of the test.
 */
export async function asQemu(pid: number, command: readonly string[]): Promise<string> {
	const id = processStatus(pid)["Uid"]!.split("\t")[0]!;
	const enter = ["nsenter", "-t", String(pid), "-m", "-p", "-n", "-i", "-u", "-r"];
	const become = [
		...["/usr/bin/setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--no-new-privs"],
		...["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"],
	];
	const [program, ...args] = [...enter, ...become, ...command];
	return await promisify(execFile)(program!, args, { timeout: 60_000 }).then(
		({ stdout, stderr }) => stdout + stderr,
		({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
	);
}

/** How a process has a file open: the access mode (0: for reading alone) of each descriptor that leads to it. */
export function accessModes(pid: number, path: string): number[] {
	return readdirSync(`/proc/${pid}/fd`)
		.filter((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path)
		.map((fd) => /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))![1]!)
		.map((flags) => Number.parseInt(flags, 8) & 3);
}

/** Bytes of memory that a process has of its own, and its part of what it shares. */
export function memoryOf(pid: number): number {
	return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))![1]) * 1024;
}
