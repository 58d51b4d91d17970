import { KeyedLock } from "../../lib/index.ts";
import { mountsBelow } from "../../sys/index.ts";
import { type BackedVolume, mountBacking, unmountBacking } from "./mount-backing.ts";

/** Which volumes are mounted, and for whom. Kept in memory alone: after a restart the holders say so again. */
export interface Mounting {
	/** Mounts the volume unless it is, and keeps it so until {@link release}. */
	hold(volume: BackedVolume, holder: string): Promise<void>;
	/** The last holder's leaving unmounts; of one volume when it is named. */
	release(holder: string, only?: string): Promise<void>;
	/** Unmounts what nobody holds, of these volumes. */
	sweep(volumes: Iterable<Pick<BackedVolume, "name" | "folder">>): Promise<void>;
	/** Unmounts what is about to be removed; who holds it still is leaving. */
	drop(volume: Pick<BackedVolume, "name" | "folder">): Promise<void>;
}

export function createMounting(): Mounting {
	const locks = new KeyedLock();
	const held = new Map<string, { readonly folder: string; readonly holders: Set<string> }>();
	return {
		async hold(volume, holder) {
			using _lock = await locks.acquire(volume.name);
			await mountBacking(volume);
			const entry = held.get(volume.name) ?? { folder: volume.folder, holders: new Set() };
			entry.holders.add(holder);
			held.set(volume.name, entry);
		},
		async release(holder, only) {
			for (const [name, { folder, holders }] of [...held]) {
				if (!holders.has(holder) || (only !== undefined && only !== name)) continue;
				using _lock = await locks.acquire(name);
				if (!holders.delete(holder) || holders.size > 0) continue;
				held.delete(name);
				unmountBacking(folder);
			}
		},
		async sweep(volumes) {
			for (const { name, folder } of volumes) {
				using _lock = await locks.acquire(name);
				if (!held.has(name) && mountsBelow(folder).length > 0) unmountBacking(folder);
			}
		},
		async drop({ name, folder }) {
			using _lock = await locks.acquire(name);
			held.delete(name);
			unmountBacking(folder);
		},
	};
}
