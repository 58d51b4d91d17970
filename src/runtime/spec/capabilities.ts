import { EngineError } from "../../lib/index.ts";
import type { Process } from "../../oci/index.ts";
import type { SpecHost } from "./input.ts";

interface CapabilityRequest {
	readonly privileged?: boolean;
	readonly capAdd?: readonly string[];
	readonly capDrop?: readonly string[];
}

/**
 * The capabilities of a container, by Docker's rules: the 14 defaults, without `CapDrop`, with `CapAdd`; `ALL` on
 * either side; privileged has whatever the daemon has. Errors: `invalid_argument` that names the capability.
 */
export function containerCapabilities(request: CapabilityRequest, host: SpecHost): string[] {
	const available = knownCapabilities.filter((name) => host.capabilities.has(name));
	if (request.privileged) return available;
	const add = normalize(request.capAdd ?? [], host, "CapAdd");
	const drop = normalize(request.capDrop ?? [], host, "CapDrop");
	if (add.includes("ALL")) return available.filter((name) => !drop.includes(name));
	if (drop.includes("ALL")) return unique(add);
	const kept = defaultCapabilities.filter((name) => host.capabilities.has(name) && !drop.includes(name));
	return unique([...kept, ...add]);
}

/** The sets of a process: Docker fills neither inheritable nor ambient. */
export function capabilitySets(names: readonly string[]): NonNullable<Process["capabilities"]> {
	return { bounding: [...names], effective: [...names], permitted: [...names] };
}

function normalize(names: readonly string[], host: SpecHost, field: string): string[] {
	return names.map((name) => {
		const upper = name.toUpperCase();
		if (upper === "ALL") return upper;
		const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
		if (!knownCapabilities.includes(full))
			throw new EngineError("invalid_argument", `invalid ${field}: unknown capability: "${full}"`);
		if (field === "CapAdd" && !host.capabilities.has(full))
			throw new EngineError(
				"invalid_argument",
				`invalid ${field}: capability not supported by your kernel or not available in the current ` +
					`environment: "${full}"`,
			);
		return full;
	});
}

function unique(names: readonly string[]): string[] {
	return [...new Set(names)];
}

/** In Docker's order, which inspect tools compare. */
export const defaultCapabilities: readonly string[] = [
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_FSETID",
	"CAP_FOWNER",
	"CAP_MKNOD",
	"CAP_NET_RAW",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETFCAP",
	"CAP_SETPCAP",
	"CAP_NET_BIND_SERVICE",
	"CAP_SYS_CHROOT",
	"CAP_KILL",
	"CAP_AUDIT_WRITE",
];

/** By number, as in the kernel's capability.h: index 0 is CAP_CHOWN. */
export const knownCapabilities: readonly string[] = [
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
];

/** Names of a set as /proc/<pid>/status writes it (`CapBnd: 000001ffffffffff`). */
export function capabilitiesOfMask(hex: string): Set<string> {
	const mask = BigInt(`0x${hex}`);
	return new Set(knownCapabilities.filter((_, number) => (mask >> BigInt(number)) & 1n));
}

/** The set as the kernel's bit mask: bit 0 is CAP_CHOWN. */
export function capabilityMask(names: readonly string[]): bigint {
	return names.reduce((mask, name) => mask | (1n << BigInt(knownCapabilities.indexOf(name))), 0n);
}
