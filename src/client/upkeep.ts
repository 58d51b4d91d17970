import type { HullCollection, HullPrunePlan } from "../api/index.ts";
import { callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import type { Filters } from "./transport/request.ts";

/** Collects images that nobody uses, or says which would go. Hull only. */
export function imageCollect(
	engine: Engine,
	query: {
		"dry-run"?: boolean;
		"max-age"?: string | undefined;
		"high-water"?: string | undefined;
		"low-water"?: string | undefined;
	},
): Promise<HullCollection> {
	return callJson(engine, { method: "POST", path: "/hull/gc", query });
}

/** What prunes of these kinds would remove. Hull only. */
export function prunePlan(
	engine: Engine,
	query: { type: readonly ("container" | "volume" | "image")[]; filters?: Filters },
): Promise<HullPrunePlan> {
	return callJson(engine, { method: "GET", path: "/hull/prune", query });
}
