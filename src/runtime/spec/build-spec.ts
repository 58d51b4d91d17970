import { posix } from "node:path";
import { EngineError } from "../../lib/index.ts";
import type { Linux, Process, RuntimeSpec } from "../../oci/index.ts";
import { editSpec } from "../cdi/edit-spec.ts";
import { capabilitySets, containerCapabilities } from "./capabilities.ts";
import { processEnv } from "./environment.ts";
import type { SpecHost, SpecInput } from "./input.ts";
import { containerMounts, initDestination, rootfsPropagation, usesInit } from "./mounts.ts";
import { containerNamespaces, idMappings } from "./namespaces.ts";
import { containerResources } from "./resources.ts";
import { containerRlimits } from "./rlimits.ts";
import { seccompFor } from "./seccomp.ts";
import { parseSecurityOptions, type SecurityOptions } from "./security-options.ts";
import { containerSysctls } from "./sysctls.ts";
import { defaultMaskedPaths, defaultReadonlyPaths } from "./system-paths.ts";

export interface BuiltSpec {
	/** Complete but for `root.path` and the path of an own network namespace, which the driver sets. */
	readonly spec: RuntimeSpec;
	/** What could not be had and was left out; for the user to read. */
	readonly warnings: readonly string[];
}

/**
 * The runtime spec of a container, with Docker's defaults. Pure: the same input gives the same spec.
 * Errors: `invalid_argument` and `not_implemented`, naming the option.
 */
export function buildSpec(input: SpecInput): BuiltSpec {
	if (input.args.length === 0) throw new EngineError("invalid_argument", "no command specified");
	const security = parseSecurityOptions(input.securityOpt ?? []);
	const { rlimits, warnings } = containerRlimits(input.ulimits ?? [], input.host);
	const capabilities = containerCapabilities(input, input.host);
	const spec: RuntimeSpec = {
		ociVersion: "1.0.2",
		process: containerProcess(input, security, capabilities),
		root: { path: "", readonly: input.readonlyRootfs ?? false },
		mounts: containerMounts(input, security),
		linux: containerLinux(input, security, capabilities),
	};
	if (rlimits.length > 0) spec.process.rlimits = rlimits;
	if (input.namespaces.uts.kind === "own") spec.hostname = input.hostname;
	if (input.annotations && Object.keys(input.annotations).length > 0)
		spec.annotations = { ...input.annotations };
	return { spec: input.cdi === undefined ? spec : editSpec(spec, input.cdi), warnings };
}

function containerProcess(
	input: SpecInput,
	security: SecurityOptions,
	capabilities: readonly string[],
): Process {
	const process: Process = {
		terminal: input.terminal,
		user: {
			uid: input.user.uid,
			gid: input.user.gid,
			additionalGids: [...input.user.additionalGids],
		},
		args: usesInit(input) ? [initDestination, "--", ...input.args] : [...input.args],
		env: processEnv({
			hostname: input.hostname,
			terminal: input.terminal,
			home: input.user.home,
			env: input.env,
		}),
		cwd: workingDirectory(input.workingDir),
		capabilities: capabilitySets(capabilities),
		noNewPrivileges: security.noNewPrivileges,
	};
	const score = oomScore(input.oomScoreAdj ?? 0, input.host);
	if (score !== undefined) process.oomScoreAdj = score;
	if (input.terminal && input.consoleSize !== undefined) process.consoleSize = { ...input.consoleSize };
	return process;
}

function containerLinux(input: SpecInput, security: SecurityOptions, capabilities: readonly string[]): Linux {
	const linux: Linux = {
		namespaces: containerNamespaces(input),
		...idMappings(input),
		cgroupsPath: cgroupsPath(input.cgroupParent ?? "", input.id),
		resources: containerResources(input),
		sysctl: containerSysctls(input),
		...systemPaths(input, security),
	};
	const devices = containerDevices(input);
	if (devices.length > 0) linux.devices = devices;
	const propagation = rootfsPropagation(input.mounts);
	if (propagation !== undefined) linux.rootfsPropagation = propagation;
	const seccomp = seccompFor(security.seccomp, {
		privileged: input.privileged ?? false,
		capabilities,
		architecture: input.host.architecture,
		kernelVersion: input.host.kernelVersion,
	});
	if (seccomp !== undefined) linux.seccomp = seccomp;
	return linux;
}

function containerDevices(input: SpecInput): NonNullable<Linux["devices"]> {
	const granted = (input.devices ?? []).map(({ device }) => device);
	if (!input.privileged) return granted;
	const taken = new Set(granted.map((device) => device.path));
	return [...input.host.devices().filter((device) => !taken.has(device.path)), ...granted];
}

function systemPaths(
	input: SpecInput,
	security: SecurityOptions,
): Pick<Linux, "maskedPaths" | "readonlyPaths"> {
	const open = input.privileged || security.systemPathsUnconfined;
	return {
		maskedPaths: [...(input.maskedPaths ?? (open ? [] : defaultMaskedPaths(input.host)))],
		readonlyPaths: [...(input.readonlyPaths ?? (open ? [] : defaultReadonlyPaths))],
	};
}

/** Below the parent, whatever dots it has. */
function cgroupsPath(parent: string, id: string): string {
	return posix.join("/", parent === "" ? "hull" : parent, id);
}

function workingDirectory(path: string): string {
	if (path === "") return "/";
	if (!path.startsWith("/"))
		throw new EngineError(
			"invalid_argument",
			`the working directory '${path}' is invalid, it needs to be an absolute path`,
		);
	return path;
}

/**
 * Lowering the score needs CAP_SYS_RESOURCE. Docker's default of 0 is left out when the daemon's own is higher; a
 * score that was asked for is an error then.
 */
function oomScore(wanted: number, host: SpecHost): number | undefined {
	if (wanted < -1000 || wanted > 1000)
		throw new EngineError(
			"invalid_argument",
			`Invalid value ${wanted}, range for oom score adj is [-1000, 1000]`,
		);
	if (wanted >= host.oomScoreAdj || host.capabilities.has("CAP_SYS_RESOURCE")) return wanted;
	if (wanted === 0) return undefined;
	throw new EngineError(
		"invalid_argument",
		`oom score adj ${wanted} cannot be set: the daemon's own is ${host.oomScoreAdj} ` +
			"and it lacks CAP_SYS_RESOURCE to go below it",
	);
}
