import type { Digest } from "../../oci/index.ts";
import { syncFileSystem } from "../../sys/index.ts";

/** Which layers may not be on the disk yet, and how they get there. */
export interface LayerSync {
	/** A layer that is about to be there, not synced. */
	add(chainId: Digest): void;
	sync(chainIds: readonly Digest[]): Promise<void>;
}

/**
 * One syncfs(2) for all layers of an image: a file at a time it would take longer than unpacking them.
 *
 * What a daemon that died had not synced belongs to no image, and is collected when the next one starts.
 */
export function createLayerSync(folder: string): LayerSync {
	/** `undefined`: nobody syncs it yet. */
	const unsynced = new Map<Digest, Promise<void> | undefined>();
	const start = (own: readonly Digest[]) => {
		const running = syncFileSystem(folder);
		for (const id of own) unsynced.set(id, running);
		const settle = (done: boolean) => {
			for (const id of own) {
				// Removed and made again meanwhile.
				if (unsynced.get(id) !== running) continue;
				if (done) unsynced.delete(id);
				else unsynced.set(id, undefined);
			}
		};
		running.then(
			() => settle(true),
			() => settle(false),
		);
	};
	return {
		add: (chainId) => void unsynced.set(chainId, undefined),
		async sync(chainIds) {
			const wanted = chainIds.filter((id) => unsynced.has(id));
			const own = wanted.filter((id) => unsynced.get(id) === undefined);
			if (own.length > 0) start(own);
			await Promise.all(wanted.map((id) => unsynced.get(id)));
		},
	};
}
