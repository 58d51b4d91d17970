import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import type { ContainerMount } from "../record/record.ts";

/** Docker's events for the volumes that a run mounts and lets go: all of the container, or these. */
export function publishVolumes(
	context: Context,
	container: Container,
	action: "mount" | "unmount",
	mounts: readonly ContainerMount[] = container.record.mounts,
): void {
	for (const mount of mounts) {
		if (mount.type !== "volume") continue;
		const attributes = { container: container.id, driver: "local" };
		const details = {
			destination: mount.target,
			propagation: "",
			"read/write": String(!mount.readOnly),
		};
		context.events.publish(
			"volume",
			action,
			mount.name,
			action === "mount" ? { ...attributes, ...details } : attributes,
		);
	}
}
