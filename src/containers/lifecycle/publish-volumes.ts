import type { Container } from "../container.ts";
import type { Context } from "../context.ts";

/** Docker's events for the volumes that a run mounts and lets go. */
export function publishVolumes(context: Context, container: Container, action: "mount" | "unmount"): void {
	for (const mount of container.record.mounts) {
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
