import type { ArchiveRoot } from "../../archive/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { prepareMounts } from "../lifecycle/prepare-mounts.ts";

/**
 * Where a container's files can be reached: through its process while it runs, else by mounting its snapshot and,
 * when `binds` is asked for, what would be mounted into it.
 */
export function archiveRoot(
	context: Context,
	container: Container,
	options: { readonly binds: boolean },
): ArchiveRoot {
	const pid = container.run?.task.pid;
	if (pid !== undefined) return { kind: "process", pid };
	const mounts = context.snapshots.mounts(container.id);
	if (!options.binds) return { kind: "mounts", mounts };
	// Images are read-only and hold nothing of the container's.
	const binds = prepareMounts(container.record.mounts, context.volumes)
		.filter(({ image }) => image === undefined)
		.map(({ source, subpath, target, readOnly }) => ({ source, subpath, target, readOnly }));
	return { kind: "mounts", mounts, binds };
}
