import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import type { ContainerConfig, HostConfig } from "../../api/index.ts";
import {
	parseBind,
	parseIdmap,
	parseMount,
	parseVolumesFrom,
	type RequestedMount,
	tmpfsMountOptions,
} from "../../api/syntax.ts";
import type { ImageRecord } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { BindPropagation, ContainerMount } from "../record/record.ts";

type FindImage = (reference: string) => Pick<ImageRecord, "id" | "chainId">;

/** What creating a container has to do about its mounts. */
export interface MountPlan {
	readonly mounts: readonly ContainerMount[];
	/** Volumes that the mounts name, to be there before the container is. */
	readonly volumes: readonly PlannedVolume[];
}

export interface PlannedVolume {
	readonly name: string;
	readonly anonymous: boolean;
	readonly driver: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly options: Readonly<Record<string, string>>;
	/** Fill it from the image's folder here when it is empty. */
	readonly copyFrom: string | undefined;
}

/**
 * Puts a request's mounts together, in Docker's order: other containers' (`VolumesFrom`), `Binds`, `Mounts`, then
 * `Volumes` of the configuration where nothing is mounted yet. Errors: `invalid_argument` with Docker's texts.
 */
export function planMounts(
	config: ContainerConfig,
	hostConfig: HostConfig,
	find: {
		readonly mountsOf: (container: string) => readonly ContainerMount[];
		readonly image: FindImage;
	},
): MountPlan {
	const mounts = new Map<string, ContainerMount>();
	const volumes: PlannedVolume[] = [];
	const own = new Set<string>();
	const add = (point: RequestedMount) => {
		if (own.has(point.destination)) throw duplicate(point.destination);
		own.add(point.destination);
		const volume = point.type === "volume" ? planVolume(point) : undefined;
		if (volume !== undefined) volumes.push(volume);
		mounts.set(point.destination, toContainerMount(point, { volume, findImage: find.image }));
	};
	for (const spec of hostConfig.VolumesFrom ?? []) {
		const { container, readOnly } = parseVolumesFrom(spec);
		for (const mount of find.mountsOf(container)) {
			mounts.set(mount.target, inherited(mount, readOnly));
		}
	}
	for (const bind of hostConfig.Binds ?? []) add(parseBind(bind, hostConfig.VolumeDriver));
	for (const mount of hostConfig.Mounts ?? []) add(parseMount(mount));
	const tmpfs = new Set(Object.keys(hostConfig.Tmpfs ?? {}).map(tmpfsDestination));
	for (const path of tmpfs) if (own.has(path)) throw duplicate(path);
	for (const path of Object.keys(config.Volumes ?? {})) {
		const point = parseMount({ Type: "volume", Target: path });
		if (!mounts.has(point.destination) && !tmpfs.has(point.destination)) add(point);
	}
	return { mounts: [...mounts.values()], volumes };
}

function tmpfsDestination(path: string): string {
	if (!path.startsWith("/"))
		throw new EngineError("invalid_argument", `invalid mount path: '${path}' mount path must be absolute`);
	const destination = posix.normalize(path);
	if (destination === "/")
		throw new EngineError("invalid_argument", "invalid specification: destination can't be '/'");
	return destination;
}

function planVolume(point: RequestedMount): PlannedVolume {
	const options = point.spec.VolumeOptions;
	return {
		name: point.source || randomBytes(32).toString("hex"),
		anonymous: point.source === "",
		driver: point.volumeDriver || "local",
		labels: options?.Labels ?? {},
		options: options?.DriverConfig?.Options ?? {},
		copyFrom: point.copyData && !options?.Subpath ? point.destination : undefined,
	};
}

function imageMount(point: RequestedMount, findImage: FindImage): ContainerMount {
	const { id: imageId, chainId } = findImage(point.source);
	if (chainId === undefined)
		throw new EngineError("invalid_argument", `image ${point.source} has no layers that could be mounted`);
	const subpath = point.spec.ImageOptions?.Subpath ?? "";
	return { type: "image", reference: point.source, imageId, chainId, target: point.destination, subpath };
}

function toContainerMount(
	point: RequestedMount,
	found: { readonly volume: PlannedVolume | undefined; readonly findImage: FindImage },
): ContainerMount {
	const { volume } = found;
	switch (point.type) {
		case "bind":
			return bindMount(point);
		case "volume":
			return {
				type: "volume",
				name: volume!.name,
				target: point.destination,
				readOnly: point.readOnly,
				anonymous: volume!.anonymous,
				subpath: point.spec.VolumeOptions?.Subpath ?? "",
				// Docker shows the SELinux default of a named volume from `-v`.
				mode: point.origin === "binds" ? point.mode || "z" : point.mode,
			};
		case "image":
			return imageMount(point, found.findImage);
		case "tmpfs":
			return { type: "tmpfs", target: point.destination, options: tmpfsMountOptions(point.spec) };
		default:
			return point.type satisfies never;
	}
}

function bindMount(point: RequestedMount): ContainerMount {
	const options = point.spec.BindOptions;
	return {
		type: "bind",
		source: point.source,
		target: point.destination,
		readOnly: point.readOnly,
		propagation: point.propagation as BindPropagation,
		recursive: options?.NonRecursive !== true,
		...(options?.ReadOnlyNonRecursive ? { readOnlyRecursion: "writable" } : {}),
		...(options?.ReadOnlyForceRecursive ? { readOnlyRecursion: "required" } : {}),
		...(options?.HullIdmap === undefined ? {} : { idmap: parseIdmap(options.HullIdmap) }),
		createSource: point.origin === "binds" || options?.CreateMountpoint === true,
		mode: point.mode,
	};
}

/** As Docker hands it on: without the mode that the other container was asked for. */
function inherited(mount: ContainerMount, readOnly: boolean): ContainerMount {
	if (mount.type === "tmpfs" || mount.type === "image") return mount;
	return { ...mount, mode: "", readOnly: mount.readOnly || readOnly };
}

function duplicate(path: string): EngineError {
	return new EngineError("invalid_argument", `Duplicate mount point: ${path}`);
}
