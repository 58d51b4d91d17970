import type { Leases } from "./contract.ts";

/**
 * Leases live in memory: one daemon owns the store, and the leases of a daemon that died must be gone anyway, so its
 * next start begins with none.
 */
export function createLeases(): Leases {
	const leases = new Set<ReadonlySet<string>>();
	return {
		create() {
			const ids = new Set<string>();
			leases.add(ids);
			return {
				hold: (id) => {
					if (!leases.has(ids)) throw new Error(`${id} held by a lease that was given back`);
					ids.add(id);
				},
				[Symbol.dispose]: () => {
					leases.delete(ids);
				},
			};
		},
		held() {
			const held = new Set<string>();
			for (const ids of leases) for (const id of ids) held.add(id);
			return held;
		},
	};
}
