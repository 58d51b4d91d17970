import type { ArchiveRoot, ChangeSource } from "../../archive/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import type { ContainerRecord } from "../record/record.ts";
import { plannedSecrets } from "../secrets/plan.ts";

/** Where the engine's own files and secrets are mounted; the runtime makes empty files there. */
export function mountPointsOf({ hostConfig }: ContainerRecord): string[] {
	const secrets = plannedSecrets(hostConfig).flatMap(({ target }) => target ?? []);
	return ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", ...secrets];
}

/** What a container changed in its image: its own folder where the driver keeps one, else the two trees to compare. */
export function changeSource(context: Context, container: Container): ChangeSource {
	const mountPoints = mountPointsOf(container.record);
	const { chainId } = container.record.image;
	const parent: ArchiveRoot | undefined =
		chainId === undefined ? undefined : { kind: "mounts", mounts: context.snapshots.layerMounts(chainId) };
	const changesDirectory = context.snapshots.changesDirectory(container.id);
	if (changesDirectory !== undefined) return { changesDirectory, parent, mountPoints };
	const mounts = context.snapshots.mounts(container.id, { readOnly: true });
	return { tree: { kind: "mounts", mounts }, parent, mountPoints };
}
