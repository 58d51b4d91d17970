import type {
	ContainerCreateRequest,
	EndpointSettings,
	HostConfig,
	HullAttachment,
} from "../../api/index.ts";
import { parseVolumesFrom, type RequestedMount } from "../../api/syntax.ts";
import { KeyedLock } from "../../lib/index.ts";
import type { ContainerBackend, NetworkBackend, SecretsBackend, VolumeBackend } from "../../server/index.ts";
import { checkCreate } from "../checks/create.ts";
import { ownLabels } from "../checks/labels.ts";
import { checkMounts } from "../checks/mounts.ts";
import { checkEndpoint } from "../checks/networks.ts";
import { checkCount, withLimits } from "../checks/resources.ts";
import type { SocketPolicy } from "../contract.ts";
import { assertUsable } from "./images.ts";
import { joinableNetwork } from "./networks.ts";
import { joinedContainer, ownFilters } from "./owned.ts";
import type { GuardRooms } from "./rooms.ts";
import { ownSecret } from "./secrets.ts";
import { ownVolume } from "./volumes.ts";

/** With the backends that a container is made of. */
export interface CreateRooms extends GuardRooms {
	readonly networks: Pick<NetworkBackend, "inspect">;
	readonly volumes: Pick<VolumeBackend, "create" | "inspect">;
	readonly secrets: Pick<SecretsBackend, "inspect">;
}

/**
 * Creation behind a policy: the request by itself first, then what it names, each replaced by its id, so that what was
 * looked at is what is used. Volumes are made last: nothing is changed by a request that is denied.
 */
export function createGuardedContainer(
	policy: SocketPolicy,
	inner: ContainerBackend,
	rooms: CreateRooms,
): ContainerBackend["create"] {
	const counting = new KeyedLock();
	return async (asked, options) => {
		checkCreate(policy, asked, options.name);
		assertUsable(policy, rooms, asked.Image ?? "");
		// From the count to the creation, or two of them would each be the last that may be.
		using _lock = isCounted(policy) ? await counting.acquire(policy.name) : undefined;
		const request = await withIds(policy, rooms, asked);
		checkCount(policy, await countOwn(policy, inner));
		await makeVolumes(policy, rooms, asked.HostConfig ?? {});
		return await inner.create(
			{ ...request, Labels: ownLabels(policy, asked.Labels) },
			{ ...options, bindRoots: policy.rules.binds.map(({ source }) => source) },
		);
	};
}

function isCounted({ rules: { limits } }: SocketPolicy): boolean {
	return limits.containers !== undefined;
}

async function countOwn(policy: SocketPolicy, inner: ContainerBackend): Promise<number> {
	if (!isCounted(policy)) return 0;
	const filters = ownFilters({ ...policy, scope: "own" }, new Map());
	return (await inner.list({ all: true, limit: 0, size: false, filters })).length;
}

async function withIds(
	policy: SocketPolicy,
	rooms: CreateRooms,
	request: ContainerCreateRequest,
): Promise<ContainerCreateRequest> {
	const { HostConfig: hostConfig = {}, NetworkingConfig: networking } = request;
	const join = (field: string, reference: string) => joinedContainer(policy, rooms, { field, reference });
	const mode = (field: string, value = "") =>
		value.startsWith("container:") ? `container:${join(field, value.slice("container:".length))}` : value;
	const secrets = (kind: "secret" | "config", attachments: readonly HullAttachment[] = []) =>
		Promise.all(
			attachments.map(async (one) => ({
				...one,
				Name: await ownSecret(policy, rooms.secrets, kind, one.Name),
			})),
		);
	return {
		...request,
		HostConfig: {
			...withLimits(policy, hostConfig),
			NetworkMode: await networkMode(policy, rooms, mode("NetworkMode", hostConfig.NetworkMode)),
			PidMode: mode("PidMode", hostConfig.PidMode),
			IpcMode: mode("IpcMode", hostConfig.IpcMode),
			UsernsMode: mode("UsernsMode", hostConfig.UsernsMode),
			VolumesFrom: (hostConfig.VolumesFrom ?? []).map((spec) => {
				const { container } = parseVolumesFrom(spec);
				return join("VolumesFrom", container) + spec.slice(container.length);
			}),
			Links: (hostConfig.Links ?? []).map((link) => {
				const [container = "", alias = container] = link.split(":");
				return `${join("Links", container)}:${alias}`;
			}),
			HullSecrets: await secrets("secret", hostConfig.HullSecrets),
			HullConfigs: await secrets("config", hostConfig.HullConfigs),
			Mounts: (hostConfig.Mounts ?? []).map((mount) => {
				if (mount.Type === "image") assertUsable(policy, rooms, mount.Source ?? "");
				return mount;
			}),
		},
		...(networking === undefined
			? {}
			: {
					NetworkingConfig: { EndpointsConfig: await endpoints(policy, rooms, networking.EndpointsConfig) },
				}),
	};
}

async function networkMode(policy: SocketPolicy, rooms: CreateRooms, mode: string): Promise<string> {
	if (mode.startsWith("container:")) return mode;
	const name = mode === "" || mode === "default" ? "bridge" : mode;
	const id = await joinableNetwork(policy, rooms.networks, name);
	// Clients look for the networks that are always there by their names, which nobody else can have.
	return name === "bridge" || name === "none" ? mode : id;
}

async function endpoints(
	policy: SocketPolicy,
	rooms: CreateRooms,
	asked: Readonly<Record<string, EndpointSettings>> = {},
): Promise<Record<string, EndpointSettings>> {
	const found: Record<string, EndpointSettings> = {};
	for (const [reference, settings] of Object.entries(asked)) {
		checkEndpoint(policy, settings);
		for (const link of settings.Links ?? [])
			joinedContainer(policy, rooms, { field: "Links", reference: link.split(":", 1)[0]! });
		const name = reference === "default" ? "bridge" : reference;
		found[await joinableNetwork(policy, rooms.networks, name)] = settings;
	}
	return found;
}

async function makeVolumes(policy: SocketPolicy, rooms: CreateRooms, hostConfig: HostConfig): Promise<void> {
	const { Binds: binds = [], Mounts: mounts = [], VolumeDriver: volumeDriver = "" } = hostConfig;
	for (const mount of checkMounts(policy, { binds, mounts, volumeDriver }))
		await makeVolume(policy, rooms.volumes, mount);
}

/** A volume with a name is the socket's own, or becomes it. */
export async function makeVolume(
	policy: SocketPolicy,
	volumes: CreateRooms["volumes"],
	{ type, source, spec, volumeDriver }: RequestedMount,
): Promise<void> {
	if (type !== "volume" || source === "") return;
	const { Labels, DriverConfig } = spec.VolumeOptions ?? {};
	await ownVolume(policy, volumes, {
		Name: source,
		Driver: volumeDriver || "local",
		DriverOpts: DriverConfig?.Options,
		Labels,
	});
}
