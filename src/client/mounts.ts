import type { Mount, MountPoint } from "../api/index.ts";
import { callEmpty, callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";

/** Hull only. */
export function containerMountList(engine: Engine, id: string): Promise<MountPoint[]> {
	return callJson(engine, { method: "GET", path: pathOf(id) });
}

/** Gives a container one more mount, also while it runs. Hull only. */
export function containerMountAdd(engine: Engine, id: string, mount: Mount): Promise<MountPoint> {
	return callJson(engine, { method: "POST", path: pathOf(id), body: { json: mount } });
}

/** Hull only. */
export function containerMountDelete(
	engine: Engine,
	id: string,
	query: { target: string; force?: boolean },
): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: pathOf(id), query });
}

function pathOf(id: string): string {
	return `/hull/containers/${encodeURIComponent(id)}/mounts`;
}
