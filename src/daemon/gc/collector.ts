import { statfs } from "node:fs/promises";
import type { HullCollection } from "../../api/index.ts";
import { type ImageRecord, namesOf } from "../../images/index.ts";
import { EngineError, type Logger } from "../../lib/index.ts";
import { familiar } from "../backends/image-answers.ts";
import { referencePattern } from "../backends/image-filter.ts";
import { holdingsOf } from "../disk/holdings.ts";
import { measureDisk } from "../disk/measure.ts";
import type { UsageRooms } from "../disk/usage.ts";
import { type CollectionPlan, planCollection } from "./plan.ts";
import type { CollectionPolicy } from "./policy.ts";

/** Removes images that nobody uses, by age and when the disk fills. */
export interface Collector {
	/** What would go, or what went. `invalid_argument` when the policy has no limit. */
	collect(policy: CollectionPolicy, options: { readonly dryRun: boolean }): Promise<HullCollection>;
	/** Looks by itself from now on, if the policy says so. Disposing ends it and waits for a collection that runs. */
	start(policy: CollectionPolicy): AsyncDisposable;
}

export function createCollector(rooms: UsageRooms, log: Logger): Collector {
	let running: Promise<unknown> = Promise.resolve();
	const collect: Collector["collect"] = async (policy, { dryRun }) => {
		if (policy.maxAgeMs === undefined && policy.marks === undefined)
			throw new EngineError("invalid_argument", "collect images: no max-age and no high-water mark is set");
		const plan = await makePlan(rooms, policy);
		if (dryRun) return toAnswer(plan, { dryRun, reclaimedBytes: plan.freedBytes });
		return toAnswer(plan, { dryRun, reclaimedBytes: await carryOut(rooms, plan) });
	};
	const inTurn: Collector["collect"] = (policy, options) => {
		const next = running.then(() => collect(policy, options));
		running = next.catch(() => undefined);
		return next;
	};
	return {
		collect: inTurn,
		start(policy) {
			if (!policy.enabled) return { [Symbol.asyncDispose]: async () => undefined };
			const look = () => {
				inTurn(policy, { dryRun: false }).then(
					({ Images, SpaceReclaimed, ReachesLowWater }) => {
						if (Images.length > 0)
							log.info("images were collected", { images: Images.length, bytes: SpaceReclaimed });
						if (!ReachesLowWater) log.warn("the disk fills, and no more images can be collected");
					},
					(error: unknown) => log.error("images could not be collected", { error }),
				);
			};
			const timer = setInterval(look, policy.intervalMs);
			timer.unref();
			return {
				async [Symbol.asyncDispose]() {
					clearInterval(timer);
					await running;
				},
			};
		},
	};
}

async function makePlan(rooms: UsageRooms, policy: CollectionPolicy): Promise<CollectionPlan> {
	const { blocks, bfree, bsize } = await statfs(rooms.dataRoot);
	const measure = await measureDisk(rooms);
	const images = rooms.images.list();
	const keep = policy.keep.map(referencePattern);
	return planCollection({
		policy,
		nowMs: Date.now(),
		images,
		isUsed: (image) => rooms.containers.usersOfImage(image.id).length > 0,
		isKept: (image) => namesOf(image).some((name) => keep.some((matches) => matches(name))),
		holdings: holdingsOf(images, measure),
		disk: { totalBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize },
	});
}

/** By the prune that users have: what came into use since the plan was made stays. */
async function carryOut({ images, containers }: UsageRooms, plan: CollectionPlan): Promise<number> {
	const planned = new Map(plan.removals.map(({ image }) => [image.id, image]));
	if (planned.size === 0) return 0;
	const { reclaimedBytes } = await images.prune({
		matches: (image) => isUnchanged(planned.get(image.id), image),
		usedBy: containers.usersOfImage,
	});
	return reclaimedBytes;
}

/** Named or used since: somebody wants it. */
function isUnchanged(planned: ImageRecord | undefined, { lastUsedAt, lastTaggedAt }: ImageRecord): boolean {
	if (planned === undefined) return false;
	return planned.lastUsedAt === lastUsedAt && planned.lastTaggedAt === lastTaggedAt;
}

function toAnswer(
	{ removals, reachesLowMark }: CollectionPlan,
	{ dryRun, reclaimedBytes }: { dryRun: boolean; reclaimedBytes: number },
): HullCollection {
	return {
		DryRun: dryRun,
		Images: removals.map(({ image, lastUsedMs, reason, freedBytes }) => ({
			Id: image.id,
			Names: namesOf(image).map(familiar),
			LastUsed: new Date(lastUsedMs).toISOString(),
			Reason: reason,
			Size: freedBytes,
		})),
		SpaceReclaimed: reclaimedBytes,
		ReachesLowWater: reachesLowMark,
	};
}
