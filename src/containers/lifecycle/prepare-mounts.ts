import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { EngineError, translateSystemError } from "../../lib/index.ts";
import type { Volumes } from "../../volumes/index.ts";
import type { ContainerMount } from "../record/record.ts";

/** A mount of a container with the host folder that stands behind it. */
export interface HostMount {
	readonly source: string;
	readonly target: string;
	readonly readOnly: boolean;
	readonly recursive: boolean;
	readonly propagation: string;
	readonly readOnlyRecursion?: "writable" | "required";
}

/** At creation: the source of a `--mount type=bind` must be there. `invalid_argument` with Docker's text. */
export function assertBindSources(mounts: readonly ContainerMount[]): void {
	for (const mount of mounts) {
		if (mount.type !== "bind" || mount.createSource || existsSync(mount.source)) continue;
		throw new EngineError(
			"invalid_argument",
			`invalid mount config for type "bind": bind source path does not exist: ${mount.source}`,
		);
	}
}

/** At start: the host folders of binds and volumes, a missing `-v` source made as Docker does. */
export function prepareMounts(mounts: readonly ContainerMount[], volumes: Pick<Volumes, "get">): HostMount[] {
	return mounts.flatMap((mount): HostMount[] => {
		switch (mount.type) {
			case "bind":
				return [{ ...mount, source: bindSource(mount) }];
			case "volume":
				return [{ ...mount, source: volumeSource(mount, volumes), recursive: true, propagation: "" }];
			case "tmpfs":
				return [];
			default:
				return mount satisfies never;
		}
	});
}

function bindSource(mount: Extract<ContainerMount, { type: "bind" }>): string {
	if (existsSync(mount.source)) return mount.source;
	if (!mount.createSource) {
		throw new EngineError(
			"invalid_argument",
			`invalid mount config for type "bind": bind source path does not exist: ${mount.source}`,
		);
	}
	try {
		mkdirSync(mount.source, { recursive: true, mode: 0o755 });
	} catch (error) {
		const translated = translateSystemError(error, mount.source);
		if (translated !== error) throw translated;
		throw new EngineError(
			"invalid_argument",
			`error while creating mount source path '${mount.source}': ${(error as Error).message}`,
			{ cause: error },
		);
	}
	return mount.source;
}

function volumeSource(
	mount: Extract<ContainerMount, { type: "volume" }>,
	volumes: Pick<Volumes, "get">,
): string {
	const { mountpoint } = volumes.get(mount.name);
	if (mount.subpath === "") return mountpoint;
	const path = join(mountpoint, mount.subpath);
	const real = realpathOf(path);
	// The volume's content is the container's: a link in it must not lead to the host's files.
	if (real !== undefined && `${real}${sep}`.startsWith(`${realpathSync(mountpoint)}${sep}`)) return real;
	throw new EngineError(
		"invalid_argument",
		`cannot access path ${path}: no such folder inside of volume ${mount.name}`,
	);
}

function realpathOf(path: string): string | undefined {
	try {
		return realpathSync(path);
	} catch {
		return undefined;
	}
}
