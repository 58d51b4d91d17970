import { EngineError } from "../../lib/index.ts";
import type { ContainerMount } from "../record/record.ts";

/**
 * Binds of somebody who may mount only what is below these folders: each is tied to the one that is nearest, so that it
 * is looked up from there at every start. Without folders, binds are as they are. Errors: `forbidden` for one outside.
 */
export function confinedBinds(
	mounts: readonly ContainerMount[],
	roots: readonly string[] | undefined,
): readonly ContainerMount[] {
	if (roots === undefined) return mounts;
	return mounts.map((mount) => {
		if (mount.type !== "bind" || mount.within !== undefined) return mount;
		const [within] = roots
			.filter((root) => root === mount.source || mount.source.startsWith(root === "/" ? "/" : `${root}/`))
			.sort((a, b) => b.length - a.length);
		if (within !== undefined) return { ...mount, within };
		throw new EngineError("forbidden", `${mount.source} of the host is in no folder that may be mounted`);
	});
}
