import { openSync } from "node:fs";
import { dirname, join } from "node:path";
import { EngineError, errnoOf } from "../../lib/index.ts";
import { asFileOwner, cloneTree, closeFd, mapTree, O, overlayTree, restrictTree } from "../../sys/index.ts";
import type { SnapshotMount } from "./contract.ts";

/** Whose ids the files of a tree have. */
export interface TreeOwners {
	/** Descriptor of a user namespace: who a file is of on the disk is an id inside of it. */
	readonly userNamespace: number;
	/** Outside, who is root inside. */
	readonly root: { readonly uid: number; readonly gid: number };
}

/**
 * What one snapshot mount shows as a tree that is mounted nowhere, its files seen and made by the ids of a user
 * namespace. overlayfs itself cannot do that, but stands on folders that do (Linux 5.19); nothing on the disk is
 * changed. The descriptor is the caller's. `unavailable` when the kernel or the file system cannot.
 */
export function openMappedTree(mount: SnapshotMount, owners: TreeOwners): number {
	const { type, source, cwd = "", options } = mount;
	if (type === "bind") return mappedFolder(source, owners, options.includes("ro"));
	const held: number[] = [];
	/** A path that the kernel finds a folder of a mount by that is nowhere. */
	const mapped = (folder: string) => {
		const tree = mappedFolder(join(cwd, folder), owners, false);
		held.push(tree);
		return `/proc/self/fd/${tree}`;
	};
	const optionOf = (key: string) =>
		options.find((option) => option.startsWith(`${key}=`))?.slice(key.length + 1);
	try {
		const lower = optionOf("lowerdir")!.split(":").map(mapped);
		const upper = optionOf("upperdir");
		const writable = upper === undefined ? undefined : writableFolders(mapped(dirname(upper)));
		const others = options.filter((option) => !/^(lowerdir=|upperdir=|workdir=|ro$|rw$)/.test(option));
		// It works with the rights of who makes it, whose own files must have an owner below.
		return asFileOwner(owners.root, () => overlayTree(lower, others, writable));
	} catch (error) {
		if (errnoOf(error) !== "EINVAL") throw error;
		throw new EngineError("unavailable", "a root of a user namespace's own needs Linux 6.5", {
			cause: error,
		});
	} finally {
		for (const tree of held) closeFd(tree);
	}
}

/** One is below the other's folder, so that both are of the same mount. */
function writableFolders(folder: string) {
	return { upper: `${folder}/fs`, work: `${folder}/work`, root: true };
}

function mappedFolder(path: string, owners: TreeOwners, readOnly: boolean): number {
	const fd = openSync(path, O.PATH);
	let tree: number | undefined;
	try {
		tree = cloneTree(fd, { recursive: false });
		mapOwners(tree, owners.userNamespace, { path, recursive: false });
		if (readOnly) restrictTree(tree, { readOnly, recursive: false });
		return tree;
	} catch (error) {
		if (tree !== undefined) closeFd(tree);
		throw error;
	} finally {
		closeFd(fd);
	}
}

/** {@link mapTree}, with an error for users: `unavailable` that names the path. */
export function mapOwners(
	tree: number,
	userNamespace: number,
	{ path, recursive }: { readonly path: string; readonly recursive: boolean },
): void {
	try {
		mapTree(tree, userNamespace, { recursive });
	} catch (error) {
		throw new EngineError(
			"unavailable",
			`${path}: its file system${recursive ? ", or one that is mounted below," : ""} cannot map ids ` +
				"(ext4, xfs, btrfs, tmpfs and others can, since Linux 5.12)",
			{ cause: error },
		);
	}
}
