import type { MountPoint } from "../../api/index.ts";
import type { Context } from "../context.ts";
import type { ContainerMount, ContainerRecord } from "../record/record.ts";

/** `Mounts` as inspect and list show them. */
export function mountPoints(context: Pick<Context, "volumes">, record: ContainerRecord): MountPoint[] {
	return record.mounts.map((mount) => mountPoint(context, mount));
}

export function mountPoint(context: Pick<Context, "volumes">, mount: ContainerMount): MountPoint {
	switch (mount.type) {
		case "bind":
			return {
				Type: "bind",
				Source: mount.source,
				Destination: mount.target,
				Mode: mount.mode,
				RW: !mount.readOnly,
				Propagation: mount.propagation,
			};
		case "volume":
			return {
				Type: "volume",
				Name: mount.name,
				Source: context.volumes.find(mount.name)?.mountpoint ?? "",
				Destination: mount.target,
				Driver: "local",
				Mode: mount.mode,
				RW: !mount.readOnly,
				Propagation: "",
			};
		case "image":
			return {
				Type: "image",
				Source: mount.reference,
				Destination: mount.target,
				Mode: "",
				RW: false,
				Propagation: "",
			};
		case "tmpfs":
			return {
				Type: "tmpfs",
				Source: "",
				Destination: mount.target,
				Mode: "",
				RW: !mount.options.includes("ro"),
				Propagation: "",
			};
		default:
			return mount satisfies never;
	}
}
