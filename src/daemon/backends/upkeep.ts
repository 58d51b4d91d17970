import type { UpkeepBackend } from "../../server/index.ts";
import type { UsageRooms } from "../disk/usage.ts";
import type { Collector } from "../gc/collector.ts";
import { applyLimits, type CollectionPolicy } from "../gc/policy.ts";
import { planPrune } from "./prune-plan.ts";

/** What keeps the disk from filling, as the routes want it. */
export function upkeepBackend(
	rooms: UsageRooms,
	{ collector, policy }: { collector: Collector; policy: CollectionPolicy },
): UpkeepBackend {
	return {
		collect: async ({ dryRun, ...limits }) =>
			collector.collect(applyLimits(policy, { ...limits, where: "gc" }), { dryRun }),
		prunePlan: (kinds, filters) => planPrune(rooms, kinds, filters),
	};
}
