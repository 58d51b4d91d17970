import { callEmpty } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { segment } from "./transport/request.ts";

/** Changes what a container may leave its networks for; an empty policy ends one. Hull only. */
export function containerEgress(engine: Engine, id: string, policy: string): Promise<boolean> {
	return change(engine, `/hull/containers/${segment(id)}/egress`, policy);
}

/** Changes what the containers of a network may leave it for. Hull only. */
export function networkEgress(engine: Engine, id: string, policy: string): Promise<boolean> {
	return change(engine, `/hull/networks/${segment(id)}/egress`, policy);
}

function change(engine: Engine, path: string, policy: string): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path, body: { json: { Policy: policy } } });
}
