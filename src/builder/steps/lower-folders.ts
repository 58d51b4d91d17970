import { lstatSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { SnapshotMount } from "../../store/index.ts";
import { getXattr, toByteString } from "../../sys/index.ts";

/** The folders that a tree is made of, the topmost first, as paths of the host. None is written to any more. */
export function lowerFolders(mounts: readonly SnapshotMount[]): string[] {
	const [mount] = mounts;
	if (mount === undefined) return [];
	if (mount.type === "bind") return [mount.source];
	const lower = mount.options.find((option) => option.startsWith("lowerdir="))!.slice("lowerdir=".length);
	return lower.split(":").map((folder) => join(mount.cwd ?? "/", folder));
}

export type Found =
	| { readonly kind: "folder"; readonly stat: Stats }
	/** A file, a link or a device. */
	| { readonly kind: "other"; readonly stat: Stats }
	| undefined;

/**
 * What is at each step of a path, looked up in the folders themselves as overlayfs would: nothing is mounted, and no
 * link is followed. Ends with the first that is no folder.
 */
export function lookUp(folders: readonly string[], path: string): Found[] {
	let candidates = [...folders];
	const found: Found[] = [];
	for (const name of path.split("/").filter((part) => part !== "")) {
		const [here, below] = lookUpOne(candidates, name);
		found.push(here);
		if (here?.kind !== "folder") return found;
		candidates = below;
	}
	return found;
}

function lookUpOne(candidates: readonly string[], name: string): [Found, string[]] {
	let top: Stats | undefined;
	const below: string[] = [];
	for (const folder of candidates) {
		const path = join(folder, name);
		const stat = lstatSync(path, { throwIfNoEntry: false });
		if (stat === undefined) continue;
		const isWhiteout = stat.isCharacterDevice() && stat.rdev === 0;
		if (!stat.isDirectory()) {
			if (top === undefined && !isWhiteout) return [{ kind: "other", stat }, []];
			break;
		}
		top ??= stat;
		below.push(path);
		if (getXattr(toByteString(path), "trusted.overlay.opaque")?.[0] === 0x79) break;
	}
	return [top && { kind: "folder", stat: top }, below];
}
