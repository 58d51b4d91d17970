import { posix } from "node:path";
import { EngineError, failpoint } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { publishVolumes } from "../lifecycle/publish-volumes.ts";
import { publish } from "../publish.ts";
import { saveRecord } from "../record/change.ts";
import { assertChangeable } from "./add.ts";

/**
 * Takes a mount away from a container, at once while it runs. A volume stays, also one without a name. Errors:
 * `not_found` when nothing is mounted there; `conflict` while it is in use, unless `force` is set.
 *
 * Crash windows: it is unmounted, then saved; until then the next start brings it back, and it can be done again.
 */
export async function removeMount(
	context: Context,
	reference: string,
	options: { readonly target: string; readonly force: boolean },
): Promise<void> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	assertChangeable(container);
	const { record } = container;
	const target = posix.normalize(options.target);
	const mount = record.mounts.find((candidate) => candidate.target === target);
	if (mount === undefined)
		throw new EngineError("not_found", `nothing is mounted on ${target} of container ${record.name}`);
	await container.run?.task.unmount(target, { force: options.force });
	failpoint("containers.unmount.after-unmount");
	const mounts = record.mounts.filter((other) => other !== mount);
	saveRecord(context, container, { ...record, mounts });
	if (
		mount.type === "volume" &&
		!mounts.some((other) => other.type === "volume" && other.name === mount.name)
	) {
		context.volumes.release(record.id, mount.name);
		await context.volumes.unmount(record.id, mount.name);
	}
	if (container.run !== undefined) publishVolumes(context, container, "unmount", [mount]);
	publish(context, container, { action: "update" });
}
