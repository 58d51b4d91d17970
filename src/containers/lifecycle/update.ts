import type { ContainerUpdateRequest, ContainerUpdateResponse, HostConfig } from "../../api/index.ts";
import { validateRestartPolicy } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import { checkResources, type LinuxResources, linuxResources } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { isolationOf } from "../isolation.ts";
import { publish } from "../publish.ts";
import { saveRecord } from "../record/change.ts";
import { resourceLimits, withLimits } from "./resource-limits.ts";

/** What an update can change; everything else is refused by its name. */
const updatable = new Set<string>([
	"BlkioWeight",
	"CpuShares",
	"CpuPeriod",
	"CpuQuota",
	"CpuRealtimePeriod",
	"CpuRealtimeRuntime",
	"CpusetCpus",
	"CpusetMems",
	"NanoCpus",
	"Memory",
	"MemorySwap",
	"MemoryReservation",
	"PidsLimit",
	"RestartPolicy",
]);

/** Changes limits and restart policy, of a running container at once. Errors with Docker's texts. */
export async function updateContainer(
	context: Context,
	reference: string,
	request: ContainerUpdateRequest,
): Promise<ContainerUpdateResponse> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	const { status } = container.record.state;
	if (status === "removing" || status === "dead")
		throw failure(container, 'container is marked for removal and cannot be "update"');
	const wanted = withoutZeros(request);
	assertUpdatable(wanted);
	const { RestartPolicy: policy, ...resources } = wanted;
	const merged = mergeLimits(container, resources);
	const { limits, warnings } = checkResources(resourceLimits(merged), context.host.resources, {
		update: true,
	});
	const hostConfig = { ...withLimits(merged, limits), ...restartPolicy(container, policy) };
	const atNextStart =
		Object.keys(resources).length > 0 ? await updateRun(container, linuxResources(limits)) : [];
	saveRecord(context, container, { ...container.record, hostConfig });
	publish(context, container, { action: "update" });
	return { Warnings: [...warnings, ...atNextStart] };
}

/** A machine that is stopped changes nothing: its guest is who limits. */
async function updateRun({ run, record }: Container, resources: LinuxResources): Promise<readonly string[]> {
	if (run === undefined) return [];
	if (record.state.status === "paused" && isolationOf(record) === "vm")
		throw new EngineError("conflict", `container ${record.name} is a paused machine: unpause it first`);
	return await run.task.update(resources);
}

/** Clients send every field; zero, empty and null mean: as it is. */
function withoutZeros(request: ContainerUpdateRequest): Partial<HostConfig> {
	const entries = Object.entries(request).filter(([name, value]) => {
		if (name === "RestartPolicy") return Boolean((value as { Name?: string } | null)?.Name);
		if (Array.isArray(value)) return value.length > 0;
		return value !== 0 && value !== "" && value !== null && value !== undefined && value !== false;
	});
	return Object.fromEntries(entries);
}

function assertUpdatable(wanted: Partial<HostConfig>): void {
	for (const name of Object.keys(wanted)) {
		if (!updatable.has(name))
			throw new EngineError("invalid_argument", `${name}: cannot be changed by an update`);
	}
}

function mergeLimits(container: Container, resources: Partial<HostConfig>): HostConfig {
	const { hostConfig } = container.record;
	const { Memory: memory = 0, MemorySwap: swap = 0, NanoCpus: nanoCpus = 0 } = resources;
	const oldSwap = hostConfig.MemorySwap ?? 0;
	if (nanoCpus > 0 && ((hostConfig.CpuPeriod ?? 0) > 0 || (hostConfig.CpuQuota ?? 0) > 0))
		throw failure(
			container,
			"Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set",
		);
	if ((resources.CpuPeriod || resources.CpuQuota) && (hostConfig.NanoCpus ?? 0) > 0)
		throw failure(
			container,
			"Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set",
		);
	if (memory > 0 && swap === 0 && oldSwap > 0 && memory > oldSwap)
		throw failure(
			container,
			"Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
		);
	return { ...hostConfig, ...resources };
}

function restartPolicy(
	container: Container,
	policy: HostConfig["RestartPolicy"],
): Pick<HostConfig, "RestartPolicy"> {
	if (policy === undefined) return {};
	const { mode, maximumRetryCount } = validateRestartPolicy(policy);
	if (container.record.hostConfig.AutoRemove && mode !== "no")
		throw new EngineError(
			"invalid_argument",
			"Restart policy cannot be updated because AutoRemove is enabled for the container",
		);
	return { RestartPolicy: { Name: mode, MaximumRetryCount: maximumRetryCount } };
}

function failure(container: Container, reason: string): EngineError {
	return new EngineError("conflict", `Cannot update container ${container.id}: ${reason}`);
}
