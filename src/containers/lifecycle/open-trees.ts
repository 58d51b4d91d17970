import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../../lib/index.ts";
import { checkPropagation } from "../../runtime/index.ts";
import { openLayerTree, type SnapshotDriver } from "../../store/index.ts";
import { cloneTree, closeFd, O, openInRoot, toByteString } from "../../sys/index.ts";
import type { HostMount } from "./prepare-mounts.ts";

/** A run's mounts, with those that a path cannot name held by descriptors until this is disposed of. */
export interface OpenedMounts extends Disposable {
	/** All of them; the source of one that is held is where its supervisor puts it. */
	readonly mounts: readonly HostMount[];
	/** In the order of `<runDir>/trees/0`, `1`, …. */
	readonly trees: readonly number[];
}

/**
 * Opens what must not be looked up by a path, or has none:
 * - a folder inside of a volume or an image: links in it are the container's, and may change at any moment;
 * - an image, whose layers are mounted nowhere;
 * - the source of a shared bind, which the supervisor's own mounts are no peers of.
 *
 * Errors: `invalid_argument` with Docker's text when the folder is not there or the propagation cannot be; `unavailable` when the kernel is too old.
 */
export function openTrees(
	snapshots: Pick<SnapshotDriver, "layerMounts">,
	mounts: readonly HostMount[],
	runDir: string,
): OpenedMounts {
	checkPropagation(mounts, () => readFileSync("/proc/self/mountinfo", "utf8"));
	const trees: number[] = [];
	const close = () => {
		for (const tree of trees.splice(0)) closeFd(tree);
	};
	try {
		const opened = mounts.map((mount): HostMount => {
			if (!needsTree(mount)) return mount;
			const source = join(runDir, "trees", String(trees.length));
			trees.push(openTree(snapshots, mount));
			return { ...mount, source, subpath: "" };
		});
		return { mounts: opened, trees, [Symbol.dispose]: close };
	} catch (error) {
		close();
		throw error;
	}
}

/** One mount as a tree, whatever it is. The descriptor is the caller's. */
export function openTree(snapshots: Pick<SnapshotDriver, "layerMounts">, mount: HostMount): number {
	if (mount.image === undefined) return openHostTree(mount);
	const whole = openLayerTree(snapshots, mount.image, "an image of several layers as a mount");
	if (mount.subpath === "") return whole;
	try {
		return openBelow(whole, mount);
	} finally {
		closeFd(whole);
	}
}

function needsTree({ subpath, image, propagation }: HostMount): boolean {
	return subpath !== "" || image !== undefined || propagation === "shared" || propagation === "rshared";
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
