/** Mounts of a container, changed while it runs. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { MountPoint } from "../schemas/container.ts";
import { Mount } from "../schemas/host-config.ts";

/** What is mounted in a container, as inspect shows it. */
export const containerMountList = operation({
	id: "HullContainerMountList",
	method: "GET",
	path: "/hull/containers/:id/mounts",
	since: "1.24",
	query: Type.Object({}),
	result: Type.Array(MountPoint),
	status: 200,
});

/** Give a container one more mount: at once while it runs, and at each start from then on. */
export const containerMountAdd = operation({
	id: "HullContainerMountAdd",
	method: "POST",
	path: "/hull/containers/:id/mounts",
	since: "1.24",
	query: Type.Object({}),
	body: Mount,
	result: MountPoint,
	status: 201,
});

/** Take a mount away from a container; `force` also when it is in use. */
export const containerMountDelete = operation({
	id: "HullContainerMountDelete",
	method: "DELETE",
	path: "/hull/containers/:id/mounts",
	since: "1.24",
	query: Type.Object({ target: Type.String(), force: Type.Optional(Type.Boolean()) }),
	status: 204,
});
