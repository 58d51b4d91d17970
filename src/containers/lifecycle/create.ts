import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import type {
	ContainerConfig,
	ContainerCreateRequest,
	ContainerCreateResponse,
	HostConfig,
} from "../../api/index.ts";
import { parseSignal } from "../../api/syntax.ts";
import type { ImageRecord } from "../../images/index.ts";
import { EngineError, failpoint, isEngineError, translateSystemError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { prefetchAccounts } from "../files/accounts.ts";
import { parseHealthCheck } from "../health/check.ts";
import { taskLocation } from "../locations.ts";
import { publish } from "../publish.ts";
import type { ContainerRecord } from "../record/record.ts";
import { timestamp } from "../timestamp.ts";
import { completeHostConfig } from "./host-config.ts";
import { logOptions } from "./log-options.ts";
import { mergeConfig } from "./merge-config.ts";
import { inventName, parseContainerName } from "./names.ts";
import { planEndpoints } from "./plan-endpoints.ts";
import { planMounts } from "./plan-mounts.ts";
import { assertBindSources } from "./prepare-mounts.ts";
import { provideVolumes } from "./provide-volumes.ts";
import { refuseUnsupported } from "./refusals.ts";

/**
 * Makes a container, ready to start: its writable snapshot is prepared here, off the path of `start`.
 *
 * Crash windows: snapshot, folder and volumes come first, the record last. Without a record, boot removes a snapshot
 * and a folder of this id, gives back the volumes it used and removes those made for it without a name.
 */
export async function createContainer(
	context: Context,
	request: ContainerCreateRequest,
	options: { readonly name?: string; readonly platform?: string },
): Promise<ContainerCreateResponse> {
	const image = findImage(context, request.Image ?? "", options.platform);
	try {
		return await createFrom(context, image, { request, name: options.name });
	} catch (error) {
		// To clients `not found` means the image, and they would pull it.
		if (!isEngineError(error, "not_found")) throw error;
		throw new EngineError("invalid_argument", error.message, { cause: error });
	}
}

async function createFrom(
	context: Context,
	image: ImageRecord,
	order: { readonly request: ContainerCreateRequest; readonly name: string | undefined },
): Promise<ContainerCreateResponse> {
	const { HostConfig: requestedHost = {}, NetworkingConfig: networking, ...requestedConfig } = order.request;
	refuseUnsupported(requestedConfig, requestedHost);
	const id = newId();
	const config = completeConfig(mergeConfig(requestedConfig, image.config.config ?? {}), requestedHost, id);
	const { hostConfig, warnings } = completeHostConfig(withDonorIds(context, requestedHost), {
		host: context.host,
		defaultRuntime: context.defaultRuntime,
	});
	logOptions(hostConfig.LogConfig, config);
	assertRuntime(context, hostConfig.Runtime!);
	const endpoints = planEndpoints(context.networks, {
		mode: config.NetworkDisabled ? "none" : hostConfig.NetworkMode!,
		requested: networking?.EndpointsConfig ?? {},
	});
	const plan = planMounts(config, hostConfig, (other) => context.registry.get(other).record.mounts);
	assertBindSources(plan.mounts);

	await using undo = new AsyncDisposableStack();
	const name = order.name ? parseContainerName(order.name) : inventName(context.registry, id);
	context.registry.reserveName(name, id);
	undo.defer(() => context.registry.releaseName(name, id));
	await context.snapshots.prepare(id, image.chainId);
	undo.defer(() => context.snapshots.remove(id));
	failpoint("containers.create.after-snapshot");
	makeStateDirectory(context, id, undo);
	failpoint("containers.create.after-folder");
	await provideVolumes(context, { id, volumes: plan.volumes, mounts: plan.mounts, undo });
	failpoint("containers.create.after-volumes");

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
		hostConfig,
		endpoints,
		mounts: plan.mounts,
		state: { status: "created" },
		restartCount: 0,
		stoppedByUser: false,
	};
	context.documents.put(id, record);
	undo.move();
	failpoint("containers.create.after-persist");
	const container = context.registry.add(record);
	publish(context, container, { action: "create" });
	prefetchAccounts(context, container);
	return { Id: id, Warnings: warnings };
}

function findImage(context: Context, reference: string, platform: string | undefined): ImageRecord {
	if (reference === "") throw new EngineError("invalid_argument", "no image specified");
	const image = context.images.get(reference);
	if (platform) assertPlatform(image, { reference, platform });
	return image;
}

function assertPlatform(image: ImageRecord, wanted: { reference: string; platform: string }): void {
	const [os = "", architecture = "", variant = ""] = wanted.platform.toLowerCase().split("/");
	const has = image.config;
	const fits =
		os === has.os &&
		(architecture === "" || architecture === has.architecture) &&
		(variant === "" || variant === has.variant);
	if (fits) return;
	throw new EngineError(
		"not_found",
		`image with reference ${wanted.reference} was found but does not provide the specified platform (${wanted.platform})`,
	);
}

function assertRuntime(context: Context, name: string): void {
	if (name.startsWith("/") || context.runtimeNames.includes(name)) return;
	throw new EngineError("invalid_argument", `unknown or invalid runtime name: ${name}`);
}

/** 64 hex digits whose short form is not a number: it becomes the host name, which some programs take for an address. */
function newId(): string {
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
	const byId = (mode: string | undefined) =>
		mode?.startsWith("container:")
			? `container:${context.registry.get(mode.slice("container:".length)).id}`
			: mode;
	const modes = {
		NetworkMode: byId(hostConfig.NetworkMode),
		PidMode: byId(hostConfig.PidMode),
		IpcMode: byId(hostConfig.IpcMode),
	};
	return { ...hostConfig, ...(modes as Record<keyof typeof modes, string>) };
}

function makeStateDirectory(context: Context, id: string, undo: AsyncDisposableStack): void {
	const { stateDir } = taskLocation(context, id);
	try {
		mkdirSync(stateDir, { recursive: true, mode: 0o710 });
	} catch (error) {
		throw translateSystemError(error, stateDir);
	}
	undo.defer(() => rmSync(stateDir, { recursive: true, force: true }));
}
