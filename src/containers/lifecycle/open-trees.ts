import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../../lib/index.ts";
import { checkPropagation } from "../../runtime/index.ts";
import { openLayerTree, type SnapshotDriver } from "../../store/index.ts";
import { cloneTree, closeFd, O, openInRoot, toByteString } from "../../sys/index.ts";
import type { Context } from "../context.ts";
import type { Identity } from "../user-namespace/identity.ts";
import { isMapped, mapMount } from "../user-namespace/map-mount.ts";
import type { HostMount } from "./prepare-mounts.ts";

/** A run's mounts, with those that a path cannot name held by descriptors until this is disposed of. */
export interface OpenedMounts extends Disposable {
	/** All of them; the source of one that is held is where its supervisor puts it. */
	readonly mounts: readonly HostMount[];
	/** In the order of `<runDir>/trees/0`, `1`, …. */
	readonly trees: readonly number[];
	/** Takes one more tree over and gives the path that its supervisor puts it on. */
	add(tree: number): string;
}

/**
 * Opens what must not be looked up by a path, or has none:
 * - a folder inside of a volume or an image: links in it are the container's, and may change at any moment;
 * - an image, whose layers are mounted nowhere;
 * - the source of a shared bind, which the supervisor's own mounts are no peers of;
 * - what is seen as somebody else's in the container: `mapped` is who is who there;
 * - with `mapped` all, since the container's root may be nobody to the folders that lead to it.
 *
 * Errors: `invalid_argument` with Docker's text when the folder is not there or the propagation cannot be; `unavailable` when the kernel is too old.
 */
export async function openTrees(
	context: Pick<Context, "snapshots" | "runtimes">,
	mounts: readonly HostMount[],
	{ runDir, mapped }: { readonly runDir: string; readonly mapped: Identity | undefined },
): Promise<OpenedMounts> {
	checkPropagation(mounts, () => readFileSync("/proc/self/mountinfo", "utf8"));
	const trees: number[] = [];
	const close = () => {
		for (const tree of trees.splice(0)) closeFd(tree);
	};
	const add = (tree: number) => join(runDir, "trees", String(trees.push(tree) - 1));
	try {
		const opened: HostMount[] = [];
		for (const mount of mounts) {
			if (mapped === undefined && !needsTree(mount)) opened.push(mount);
			else opened.push({ ...mount, source: add(await openTree(context, mount, mapped)), subpath: "" });
		}
		return { mounts: opened, trees, add, [Symbol.dispose]: close };
	} catch (error) {
		close();
		throw error;
	}
}

/** One mount as a tree, whatever it is. The descriptor is the caller's. */
export async function openTree(
	context: Pick<Context, "snapshots" | "runtimes">,
	mount: HostMount,
	mapped: Identity | undefined,
): Promise<number> {
	if (mount.image !== undefined) return openImageTree(context.snapshots, mount, mapped);
	const tree = openHostTree(mount);
	try {
		if (isMapped(mount, mapped)) await mapMount(context, mount, { tree, mapped });
		return tree;
	} catch (error) {
		closeFd(tree);
		throw error;
	}
}

function openImageTree(
	snapshots: Pick<SnapshotDriver, "layerMounts">,
	mount: HostMount,
	mapped: Identity | undefined,
): number {
	const what = "an image of several layers as a mount";
	const whole = openLayerTree(snapshots, mount.image!, what, mapped?.owners);
	if (mount.subpath === "") return whole;
	try {
		return openBelow(whole, mount);
	} finally {
		closeFd(whole);
	}
}

function needsTree({ subpath, image, idmap, propagation }: HostMount): boolean {
	if (subpath !== "" || image !== undefined || idmap !== undefined) return true;
	return propagation === "shared" || propagation === "rshared";
}

function openHostTree(mount: HostMount): number {
	const base = openPath(mount.source);
	try {
		return mount.subpath === "" ? cloneTree(base, mount) : openBelow(base, mount);
	} finally {
		closeFd(base);
	}
}

function openPath(path: string): number {
	try {
		return openSync(path, O.PATH);
	} catch (error) {
		if (errnoOf(error) !== "ENOENT") throw error;
		throw new EngineError("invalid_argument", `mount source path does not exist: ${path}`, { cause: error });
	}
}

function openBelow(base: number, mount: HostMount): number {
	const fd = openInRoot(base, toByteString(mount.subpath), O.PATH);
	if (fd === undefined)
		throw new EngineError(
			"invalid_argument",
			`cannot access path ${join(mount.source, mount.subpath)}: no such file or directory`,
		);
	try {
		return cloneTree(fd, mount);
	} catch (error) {
		if (mount.image === undefined || errnoOf(error) !== "EINVAL") throw error;
		throw tooOld(`a subpath of the image mounted on ${mount.target}`, "6.15", error);
	} finally {
		closeFd(fd);
	}
}

function tooOld(what: string, version: string, cause: unknown): EngineError {
	return new EngineError("unavailable", `${what} needs Linux ${version}`, { cause });
}
