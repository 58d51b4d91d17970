/** Keeps a container that is denied all day from filling the history of events. */
export interface DenialLimit {
	/** Whether this is to be told now; with how many of the container's were not told since the last one that was. */
	take(containerId: string, what: string): { readonly suppressed: number } | undefined;
}

/** The same is told again after so long. */
const sameMs = 60_000;
/** So many different ones at once, and one more in each of these spans. */
const burst = 30;
const refillMs = 2_000;

interface Budget {
	left: number;
	filledMs: number;
	suppressed: number;
	readonly told: Map<string, number>;
}

export function createDenialLimit(now: () => number = () => performance.now()): DenialLimit {
	const budgets = new Map<string, Budget>();
	const budgetOf = (containerId: string, time: number): Budget => {
		const budget = budgets.get(containerId) ?? {
			left: burst,
			filledMs: time,
			suppressed: 0,
			told: new Map(),
		};
		// In the order of use, so that the first is the one that may be forgotten.
		budgets.delete(containerId);
		budgets.set(containerId, budget);
		if (budgets.size > 1000) budgets.delete(budgets.keys().next().value!);
		const steps = Math.floor((time - budget.filledMs) / refillMs);
		budget.left = Math.min(burst, budget.left + steps);
		budget.filledMs += steps * refillMs;
		return budget;
	};
	return {
		take(containerId, what) {
			const time = now();
			const budget = budgetOf(containerId, time);
			for (const [key, toldMs] of budget.told) {
				if (time - toldMs < sameMs) break;
				budget.told.delete(key);
			}
			if (budget.told.has(what) || budget.left === 0) {
				budget.suppressed++;
				return undefined;
			}
			budget.left--;
			budget.told.set(what, time);
			const { suppressed } = budget;
			budget.suppressed = 0;
			return { suppressed };
		},
	};
}
