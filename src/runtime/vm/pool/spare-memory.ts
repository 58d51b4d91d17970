import { readFileSync } from "node:fs";

/**
 * Bytes (PSS) that a supervisor and its QEMU take; of those that have ended nothing.
 * proc(5), `/proc/pid/task/tid/children` and `/proc/pid/smaps_rollup`.
 */
export function spareMemory(supervisor: number): number {
	const children = read(`/proc/${supervisor}/task/${supervisor}/children`).trim().split(" ");
	return [String(supervisor), ...children]
		.filter((pid) => pid !== "")
		.reduce((sum, pid) => sum + pssBytes(read(`/proc/${pid}/smaps_rollup`)), 0);
}

function pssBytes(rollup: string): number {
	return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}

function read(path: string): string {
	try {
		return readFileSync(path, "latin1");
	} catch {
		return "";
	}
}
