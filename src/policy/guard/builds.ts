import type { Builder, Contexts } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { BuildBackend } from "../../server/index.ts";
import { addressDenial, checkBuild, checkHullBuild, limitedBuild } from "../checks/builds.ts";
import type { SocketPolicy } from "../contract.ts";
import { assertUsable } from "./images.ts";
import type { GuardRooms } from "./rooms.ts";

/**
 * The builder behind a policy, for all ways of building. Its builds share no cache and no cache mounts with others:
 * a result that somebody else's build takes could have been made from what only this one saw to.
 */
export function guardBuilder(policy: SocketPolicy, inner: Builder, rooms: GuardRooms): Builder {
	const own = new Set<string>();
	const isOwn = (id: string) => policy.scope === "all" || own.has(id);
	const assertOwn = (id: string) => {
		if (isOwn(id)) return id;
		throw new EngineError("not_found", `no such build: ${id}`);
	};
	const history = () => inner.history().filter(({ id }) => isOwn(id));
	return {
		async build(request, events, signal) {
			checkBuild(policy, request);
			const known = new Set(inner.history().map(({ id }) => id));
			if (!own.has(request.id) && known.has(request.id))
				throw new EngineError("conflict", `a build ${request.id} is there already`);
			for (const id of own) if (!known.has(id)) own.delete(id);
			own.add(request.id);
			const fence = {
				realm: policy.name,
				assertImage: (reference: string) => assertUsable(policy, rooms, reference),
				assertAddress: () => {
					throw addressDenial(policy);
				},
			};
			return await inner.build({ ...limitedBuild(policy, request), fence }, events, signal);
		},
		cache: async () => (policy.scope === "all" ? inner.cache() : []),
		async prune(options) {
			if (policy.scope === "all") return inner.prune(options);
			return { removed: [], reclaimedBytes: 0 };
		},
		mounts: inner.mounts,
		history,
		events: (id, signal) => inner.events(assertOwn(id), signal),
		async *watchHistory(signal) {
			for await (const change of inner.watchHistory(signal)) if (isOwn(change.record.id)) yield change;
		},
		changeHistory: (id, change) => inner.changeHistory(assertOwn(id), change),
		cancel: (id) => inner.cancel(assertOwn(id)),
		recover: () => inner.recover(),
		close: () => inner.close(),
	};
}

/** Contexts that are sent along; the engine fetches none. */
export function guardContexts(policy: SocketPolicy, inner: Contexts): Contexts {
	return {
		...inner,
		async fromAddress() {
			throw addressDenial(policy);
		},
	};
}

/** Builds as the routes want them, on top of a guarded builder. */
export function guardBuilds(policy: SocketPolicy, inner: BuildBackend): BuildBackend {
	return {
		...inner,
		hullBuild(call, signal) {
			checkHullBuild(policy, call.request);
			return inner.hullBuild(call, signal);
		},
	};
}
