import type { ArchiveRoot, ChangeSource } from "../../archive/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";

/** Where the engine's own files are mounted; the runtime makes empty files there. */
export const mountPoints = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/** What a container changed in its image: its own folder where the driver keeps one, else the two trees to compare. */
export function changeSource(context: Context, container: Container): ChangeSource {
	const { chainId } = container.record.image;
	const parent: ArchiveRoot | undefined =
		chainId === undefined ? undefined : { kind: "mounts", mounts: context.snapshots.layerMounts(chainId) };
	const changesDirectory = context.snapshots.changesDirectory(container.id);
	if (changesDirectory !== undefined) return { changesDirectory, parent, mountPoints };
	const mounts = context.snapshots.mounts(container.id, { readOnly: true });
	return { tree: { kind: "mounts", mounts }, parent, mountPoints };
}
