import type { HullFootprint, HullHost } from "../api/index.ts";
import { callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { segment } from "./transport/request.ts";

/** Memory and disk that a running container takes on the engine's host. Hull's own. */
export function containerFootprint(engine: Engine, id: string): Promise<HullFootprint> {
	return callJson(engine, { method: "GET", path: `/hull/containers/${segment(id)}/footprint` });
}

/** The machine that the engine runs on. Hull's own. */
export function hostFacts(engine: Engine): Promise<HullHost> {
	return callJson(engine, { method: "GET", path: "/hull/host" });
}
