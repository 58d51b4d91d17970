import { randomBytes } from "node:crypto";
import type { ContainerConfig, ContainerCreateRequest, HostConfig } from "../../api/index.ts";
import { parseSignal } from "../../api/syntax.ts";
import type { ImageRecord } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import { assertAddressFiles } from "../../logging/index.ts";
import type { Context } from "../context.ts";
import { parseHealthCheck } from "../health/check.ts";
import { assertUnhealthyAction } from "../health/on-unhealthy.ts";
import { logPlanOf } from "../logs/plan.ts";
import { assertEgress, networksOf } from "../networking/egress.ts";
import { planEndpoints } from "../networking/plan-endpoints.ts";
import { planLinks } from "../networking/plan-links.ts";
import { checkPorts } from "../ports/check-ports.ts";
import type { ContainerRecord } from "../record/record.ts";
import { completeSecrets } from "../secrets/plan.ts";
import { timestamp } from "../timestamp.ts";
import { checkUserNamespace } from "../user-namespace/choose.ts";
import { annotationsFromLabels } from "./annotations-from-labels.ts";
import { confinedBinds } from "./confined-binds.ts";
import { completeHostConfig } from "./host-config.ts";
import { mergeConfig } from "./merge-config.ts";
import { inventName, parseContainerName } from "./names.ts";
import { type PlannedVolume, planMounts } from "./plan-mounts.ts";
import { assertBindSources } from "./prepare-mounts.ts";
import { refuseUnsupported } from "./refusals.ts";
import { checkSpec } from "./task-spec.ts";

/** A container that is to be made, decided to the last detail. */
export interface DescribedContainer {
	readonly record: ContainerRecord;
	readonly volumes: readonly PlannedVolume[];
	/** For the client to read. */
	readonly warnings: readonly string[];
}

/** Decides what a create request makes, and refuses what cannot be served. Nothing is made yet. */
export function describeContainer(
	context: Context,
	image: ImageRecord,
	order: {
		readonly request: ContainerCreateRequest;
		readonly name: string | undefined;
		/** See `confinedBinds`. */
		readonly bindRoots?: readonly string[] | undefined;
	},
): DescribedContainer {
	const { HostConfig: requestedHost = {}, NetworkingConfig: networking, ...requestedConfig } = order.request;
	refuseUnsupported(requestedConfig, requestedHost);
	const id = newContainerId();
	const config = completeConfig(mergeConfig(requestedConfig, image.config.config ?? {}), requestedHost, id);
	const { hostConfig, warnings } = completeHostConfig(withDonorIds(context, requestedHost), {
		host: context.host,
		defaultRuntime: context.defaultRuntime,
		logging: context.logging,
	});
	warnings.push(...checkPorts(config, hostConfig, requestedConfig));
	assertRuntime(context, hostConfig.Runtime!);
	const planned = planEndpoints(context.networks, {
		mode: config.NetworkDisabled ? "none" : hostConfig.NetworkMode!,
		requested: networking?.EndpointsConfig ?? {},
	});
	const { links, endpoints } = planLinks(context, hostConfig, planned);
	const asked = planMounts(config, hostConfig, {
		mountsOf: (other) => context.registry.get(other).record.mounts,
		image: (reference) => context.images.get(reference),
	});
	const plan = { ...asked, mounts: confinedBinds(asked.mounts, order.bindRoots) };
	assertBindSources(plan.mounts);
	const targets = plan.mounts.map(({ target }) => target);
	const secrets = completeSecrets(context.vault, hostConfig, targets);

	const name = order.name ? parseContainerName(order.name) : inventName(context.registry, id);
	const record: ContainerRecord = {
		version: 1,
		id,
		name,
		createdAt: timestamp(),
		image: {
			id: image.id,
			reference: requestedConfig.Image!,
			manifestDigest: image.manifestDigest,
			...(image.chainId === undefined ? {} : { chainId: image.chainId }),
		},
		config,
		hostConfig: {
			...hostConfig,
			...annotationsFromLabels(hostConfig, requestedConfig.Labels),
			...secrets,
			Links: links,
		},
		endpoints,
		mounts: plan.mounts,
		state: { status: "created" },
		restartCount: 0,
		stoppedByUser: false,
	};
	assertEgress(context, record, networksOf(context, record));
	checkUserNamespace(context, record);
	const { destination } = logPlanOf(record);
	if (destination !== undefined && destination.wire.driver === "syslog")
		assertAddressFiles(destination.address);
	assertUnhealthyAction(record);
	checkSpec(context, record);
	return { record, volumes: plan.volumes, warnings };
}

function assertRuntime(context: Context, name: string): void {
	if (name.startsWith("/") || context.runtimeNames.includes(name)) return;
	throw new EngineError("invalid_argument", `unknown or invalid runtime name: ${name}`);
}

/** 64 hex digits whose short form is not a number: it becomes the host name, which some programs take for an address. */
export function newContainerId(): string {
	for (;;) {
		const id = randomBytes(32).toString("hex");
		if (!/^\d+$/.test(id.slice(0, 12))) return id;
	}
}

function completeConfig(config: ContainerConfig, hostConfig: HostConfig, id: string): ContainerConfig {
	if (config.StopSignal) parseSignal(config.StopSignal);
	parseHealthCheck(config);
	if (config.WorkingDir && !config.WorkingDir.startsWith("/")) {
		throw new EngineError(
			"invalid_argument",
			`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`,
		);
	}
	for (const entry of config.Env ?? []) {
		if (entry === "" || entry.startsWith("="))
			throw new EngineError("invalid_argument", `invalid environment variable: ${entry}`);
	}
	const networkMode = hostConfig.NetworkMode ?? "";
	if (networkMode.startsWith("container:") && config.Hostname)
		throw new EngineError("invalid_argument", "conflicting options: hostname and the network mode");
	return { ...config, Hostname: config.Hostname || id.slice(0, 12) };
}

/** Modes that name another container name it by id from here on: it may be renamed. */
function withDonorIds(context: Context, hostConfig: HostConfig): HostConfig {
	const byId = (mode = "") =>
		mode.startsWith("container:")
			? `container:${context.registry.get(mode.slice("container:".length)).id}`
			: mode;
	return {
		...hostConfig,
		NetworkMode: byId(hostConfig.NetworkMode),
		PidMode: byId(hostConfig.PidMode),
		IpcMode: byId(hostConfig.IpcMode),
		...(hostConfig.UsernsMode === undefined ? {} : { UsernsMode: byId(hostConfig.UsernsMode) }),
	};
}
