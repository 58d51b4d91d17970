import type { Logger } from "../lib/index.ts";

/**
 * Work that nobody waits for: exits, restarts, deletions. A failure is logged, {@link BackgroundWork.settle} waits
 * for what is under way.
 */
export interface BackgroundWork {
	run(what: string, work: () => Promise<void>): void;
	settle(): Promise<void>;
}

export function createBackgroundWork(log: Logger): BackgroundWork {
	const underWay = new Set<Promise<void>>();
	return {
		run(what, work) {
			const promise = work()
				.catch((error: unknown) => log.error(`${what} failed`, { error }))
				.finally(() => underWay.delete(promise));
			underWay.add(promise);
		},
		async settle() {
			while (underWay.size > 0) await Promise.all(underWay);
		},
	};
}
