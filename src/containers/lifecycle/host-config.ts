import type { HostConfig } from "../../api/index.ts";
import { validateRestartPolicy } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import type { LogConfig } from "../../logging/index.ts";
import { checkExtraHost } from "../../networks/index.ts";
import { checkResources, defaultMaskedPaths, defaultReadonlyPaths } from "../../runtime/index.ts";
import type { Host } from "../host.ts";
import { resourceLimits, withLimits } from "./resource-limits.ts";

/** Checks a request's HostConfig and fills in Docker's defaults, as inspect shows them. Warnings go to the client. */
export function completeHostConfig(
	request: HostConfig,
	options: { readonly host: Host; readonly defaultRuntime: string; readonly logging: LogConfig },
): { readonly hostConfig: HostConfig; readonly warnings: string[] } {
	const { host } = options;
	const { limits, warnings } = checkResources(resourceLimits(request), host.resources, { update: false });
	const policy = validateRestartPolicy(request.RestartPolicy);
	if (request.AutoRemove && policy.mode !== "no") {
		throw new EngineError("invalid_argument", "can't create 'AutoRemove' container with restart policy");
	}
	checkModes(request);
	checkShm(request);
	for (const entry of request.ExtraHosts ?? []) checkExtraHost(entry);
	const unmasked = request.Privileged === true || isUnconfined(request);
	const hostConfig: HostConfig = {
		...withLimits(request, limits),
		NetworkMode: networkMode(request.NetworkMode),
		RestartPolicy: { Name: policy.mode, MaximumRetryCount: policy.maximumRetryCount },
		CgroupnsMode: request.CgroupnsMode || defaultCgroupns(request, host),
		IpcMode: request.IpcMode || "private",
		ShmSize: request.ShmSize || 64 * 1024 * 1024,
		Runtime: request.Runtime || options.defaultRuntime,
		LogConfig: withLogDefaults(request.LogConfig, options.logging),
		MaskedPaths: request.MaskedPaths ?? (unmasked ? [] : defaultMaskedPaths(host.spec)),
		ReadonlyPaths: request.ReadonlyPaths ?? (unmasked ? [] : [...defaultReadonlyPaths]),
	};
	return { hostConfig, warnings: [...warnings] };
}

/** As with Docker, the engine's options are those of containers with its driver, where they have none of their own. */
function withLogDefaults(requested: HostConfig["LogConfig"], engine: LogConfig): HostConfig["LogConfig"] {
	const type = requested?.Type || engine.Type || "json-file";
	const defaults = type === engine.Type ? engine.Config : {};
	return { Type: type, Config: { ...defaults, ...requested?.Config } };
}

/** `bridge` under its API name; the other modes are names of networks, `host`, `none`, or `container:…`. */
function networkMode(mode: string | undefined): string {
	return mode === undefined || mode === "" || mode === "default" ? "bridge" : mode;
}

function defaultCgroupns(request: HostConfig, host: Host): string {
	return host.spec.cgroupVersion === 1 || request.Privileged === true ? "host" : "private";
}

function isUnconfined(request: HostConfig): boolean {
	return (request.SecurityOpt ?? []).some((option) => option === "systempaths=unconfined");
}

function checkShm(request: HostConfig): void {
	if ((request.ShmSize ?? 0) < 0) throw invalid("SHM size can not be less than 0");
}

const containerMode = /^container:.+$/;

function checkModes(request: HostConfig): void {
	const { IpcMode: ipc = "", PidMode: pid = "", UTSMode: uts = "" } = request;
	const { CgroupnsMode: cgroupns = "", UsernsMode: userns = "" } = request;
	if (!["", "none", "private", "shareable", "host"].includes(ipc) && !containerMode.test(ipc))
		throw invalid(`invalid IPC mode: ${ipc}`);
	if (!["", "host"].includes(pid) && !containerMode.test(pid)) throw invalid(`invalid PID mode: ${pid}`);
	if (!["", "host"].includes(uts)) throw invalid(`invalid UTS mode: ${uts}`);
	if (!["", "host", "auto", "private"].includes(userns) && !containerMode.test(userns))
		throw invalid(`invalid userns mode: ${userns}`);
	if (!["", "private", "host"].includes(cgroupns))
		throw invalid(`invalid cgroup namespace mode: ${cgroupns}`);
	if ((request.OomScoreAdj ?? 0) < -1000 || (request.OomScoreAdj ?? 0) > 1000) {
		throw invalid(`invalid value ${request.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
	}
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
