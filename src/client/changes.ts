import type { HullChanges, HullChangesAnswer } from "../api/index.ts";
import { callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { segment } from "./transport/request.ts";

/** Changes a container, of one that runs at once what can be. Hull only. */
export function containerChange(
	engine: Engine,
	id: string,
	changes: HullChanges,
): Promise<HullChangesAnswer> {
	const path = `/hull/containers/${segment(id)}/changes`;
	return callJson(engine, { method: "POST", path, body: { json: changes } });
}
