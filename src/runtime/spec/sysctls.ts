import { EngineError } from "../../lib/index.ts";
import type { NamespaceChoices, SpecInput } from "./input.ts";

/**
 * Docker's sysctls of a network namespace that is the container's own (ping and low ports without privileges), the
 * domain name, and over them the user's. Errors: `invalid_argument` with runc's texts for a setting that would be the
 * whole host's.
 */
export function containerSysctls(input: SpecInput): Record<string, string> {
	const result: Record<string, string> = {};
	if (input.namespaces.network === "own") {
		for (const [name, value] of ownNetworkSysctls) if (input.host.hasSysctl(name)) result[name] = value;
	}
	// The runtime spec's `domainname` is younger than the runtimes that are about.
	if (input.domainname) result["kernel.domainname"] = input.domainname;
	for (const [name, value] of Object.entries(input.sysctls ?? {})) {
		assertNamespaced(name, input.namespaces);
		result[name] = value;
	}
	return result;
}

const ownNetworkSysctls = [
	["net.ipv4.ping_group_range", "0 2147483647"],
	["net.ipv4.ip_unprivileged_port_start", "0"],
] as const;

const ofIpcNamespace = new Set([
	"kernel.msgmax",
	"kernel.msgmnb",
	"kernel.msgmni",
	"kernel.sem",
	"kernel.shmall",
	"kernel.shmmax",
	"kernel.shmmni",
	"kernel.shm_rmid_forced",
]);

function assertNamespaced(name: string, namespaces: NamespaceChoices): void {
	// Dots (or slashes) separate: an empty part would climb out of /proc/sys.
	const sound = name.split(/[./]/).every((part) => part !== "" && !part.includes("\0"));
	const first = name.split(/[./]/, 2).join(".");
	if (sound && first.startsWith("net.")) {
		if (namespaces.network !== "host") return;
		throw invalid(name, "not allowed in host network namespace");
	}
	if (sound && (ofIpcNamespace.has(name) || first === "fs.mqueue")) {
		if (namespaces.ipc.kind !== "host") return;
		throw invalid(name, "is not allowed in the hosts ipc namespace");
	}
	if (name === "kernel.domainname" && namespaces.uts.kind === "own") return;
	throw invalid(name, "is not in a separate kernel namespace");
}

function invalid(name: string, problem: string): EngineError {
	return new EngineError("invalid_argument", `sysctl ${JSON.stringify(name)} ${problem}`);
}
