import { existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { relative } from "node:path";
import type { IdmapOption } from "../../api/syntax.ts";
import { EngineError, errnoOf, translateSystemError } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import { closeFd, makeDirectoryAt, O, openInRoot, toByteString } from "../../sys/index.ts";
import type { Volumes } from "../../volumes/index.ts";
import type { ContainerMount } from "../record/record.ts";

/** A mount of a container with what stands behind it. */
export interface HostMount {
	/** A path on the host; of an image its id. */
	readonly source: string;
	/** Somewhere below the source, where names come from what containers or images hold; empty is the source itself. */
	readonly subpath: string;
	/** Top layer of the image that is mounted; otherwise it is a folder or file of the host. */
	readonly image?: Digest;
	readonly target: string;
	readonly readOnly: boolean;
	readonly recursive: boolean;
	readonly propagation: string;
	readonly readOnlyRecursion?: "writable" | "required";
	/** Whose its files are inside; absent: as they are on the host. */
	readonly idmap?: IdmapOption;
	/** The engine's own: in a user namespace its files are whose they are on the disk. */
	readonly isVolume?: boolean;
}

/** At creation: the source of a `--mount type=bind` must be there. `invalid_argument` with Docker's text. */
export function assertBindSources(mounts: readonly ContainerMount[]): void {
	for (const mount of mounts) {
		if (mount.type !== "bind" || mount.within !== undefined || mount.createSource || existsSync(mount.source))
			continue;
		throw missingSource(mount.source);
	}
}

/** At start: what stands behind binds, volumes and images, a missing `-v` source made as Docker does. */
export function prepareMounts(mounts: readonly ContainerMount[], volumes: Pick<Volumes, "get">): HostMount[] {
	return mounts.flatMap((mount): HostMount[] => {
		switch (mount.type) {
			case "bind":
				if (mount.within !== undefined) return [confinedSource(mount, mount.within)];
				return [{ ...mount, source: bindSource(mount), subpath: "", ...fileOptions(mount) }];
			case "volume": {
				const { mountpoint: source } = volumes.get(mount.name);
				return [{ ...mount, source, recursive: true, propagation: "", isVolume: true }];
			}
			case "image": {
				const { imageId: source, chainId: image, target, subpath } = mount;
				return [{ source, image, target, subpath, readOnly: true, recursive: true, propagation: "" }];
			}
			case "tmpfs":
				return [];
			default:
				return mount satisfies never;
		}
	});
}

/** Missing folders are made below it, one by one, each opened before the next is made in it. */
function confinedSource(mount: Extract<ContainerMount, { type: "bind" }>, within: string): HostMount {
	const subpath = relative(within, mount.source);
	if (mount.createSource && subpath !== "") {
		const root = openSync(within, O.PATH);
		try {
			makeFoldersBelow(root, subpath);
		} finally {
			closeFd(root);
		}
	}
	return { ...mount, source: within, subpath };
}

/** What is there already stays, whatever it is. */
function makeFoldersBelow(root: number, path: string): void {
	const names = path.split("/");
	for (const [index, name] of names.entries()) {
		const folder = openInRoot(root, toByteString(names.slice(0, index).join("/")), O.PATH);
		if (folder === undefined) return;
		try {
			makeDirectoryAt(folder, toByteString(name), 0o755);
		} catch (error) {
			if (errnoOf(error) !== "ENOTDIR") throw error;
			return;
		} finally {
			closeFd(folder);
		}
	}
}

/** Nothing is below a file, and runtimes know the recursive form for folders only. */
function fileOptions({ source }: { readonly source: string }): { readOnlyRecursion?: "writable" } {
	return statSync(source).isDirectory() ? {} : { readOnlyRecursion: "writable" };
}

function bindSource(mount: Extract<ContainerMount, { type: "bind" }>): string {
	if (existsSync(mount.source)) return mount.source;
	if (!mount.createSource) throw missingSource(mount.source);
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

function missingSource(path: string): EngineError {
	return new EngineError(
		"invalid_argument",
		`invalid mount config for type "bind": bind source path does not exist: ${path}`,
	);
}
