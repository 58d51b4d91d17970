import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../lib/index.ts";
import type { InterfaceCounters } from "../contract.ts";

/** Counters of the interfaces in a process's network namespace; none when it is the daemon's own, the host's. */
export function readNetworkCounters(procRoot: string, pid: number): Record<string, InterfaceCounters> {
	try {
		const namespace = (of: string) => readlinkSync(join(procRoot, of, "ns/net"));
		if (namespace(String(pid)) === namespace("self")) return {};
		return parseInterfaces(readFileSync(join(procRoot, String(pid), "net/dev"), "latin1"));
	} catch (error) {
		// The process ended between two reads.
		if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH" || errnoOf(error) === "EINVAL") return {};
		throw error;
	}
}

/** Two lines of headings, then `eth0: ` and 16 numbers: 8 received, 8 sent. See proc_pid_net(5). */
function parseInterfaces(table: string): Record<string, InterfaceCounters> {
	const counters: Record<string, InterfaceCounters> = {};
	for (const line of table.split("\n").slice(2)) {
		const colon = line.indexOf(":");
		const name = line.slice(0, Math.max(colon, 0)).trim();
		if (name === "" || name === "lo") continue;
		const numbers = line
			.slice(colon + 1)
			.trim()
			.split(/\s+/)
			.map(Number);
		const at = (index: number) => numbers[index] ?? 0;
		counters[name] = {
			rxBytes: at(0),
			rxPackets: at(1),
			rxErrors: at(2),
			rxDropped: at(3),
			txBytes: at(8),
			txPackets: at(9),
			txErrors: at(10),
			txDropped: at(11),
		};
	}
	return counters;
}
