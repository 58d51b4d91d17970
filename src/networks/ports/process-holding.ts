import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { HostPort, PortProtocol } from "./contract.ts";

const listening = "0A";

/** The process that has a port of the host open, as `process 812 (nginx)`; `undefined` when none is to be found. */
export function processHolding(port: HostPort): string | undefined {
	const inodes = new Set(
		tablesOf(port.protocol).flatMap((table) => socketInodes(readText(`/proc/net/${table}`), port)),
	);
	if (inodes.size === 0) return undefined;
	const pid = numbersIn("/proc").find((candidate) => holdsOneOf(candidate, inodes));
	return pid === undefined ? undefined : `process ${pid} (${readText(`/proc/${pid}/comm`).trim()})`;
}

function tablesOf(protocol: PortProtocol): string[] {
	return [protocol, `${protocol}6`];
}

/** Inodes of the sockets that take a port, out of a table like `/proc/net/tcp` (proc_net_tcp.txt in the kernel). */
export function socketInodes(table: string, port: Pick<HostPort, "protocol" | "hostPort">): string[] {
	const wanted = port.hostPort.toString(16).toUpperCase().padStart(4, "0");
	return table
		.split("\n")
		.slice(1)
		.map((line) => line.trim().split(/\s+/))
		.filter(([, local, , state]) => {
			if (local?.split(":")[1] !== wanted) return false;
			return port.protocol === "udp" || state === listening;
		})
		.map((fields) => fields[9] ?? "0")
		.filter((inode) => inode !== "0");
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
	return numbersIn(`/proc/${pid}/fd`).some((fd) => {
		const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
		return inode !== undefined && inodes.has(inode);
	});
}

/** A process may be gone at any moment. */
function numbersIn(folder: string): string[] {
	try {
		return readdirSync(folder).filter((name) => /^\d+$/.test(name));
	} catch {
		return [];
	}
}

function linkOf(path: string): string {
	try {
		return readlinkSync(path);
	} catch {
		return "";
	}
}

function readText(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
