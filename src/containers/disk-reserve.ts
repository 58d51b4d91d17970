import { rmSync, statSync, writeFileSync } from "node:fs";
import type { Logger } from "../lib/index.ts";

/**
 * Room that is kept back, so that containers can be removed when the disk is full: removing writes before it frees.
 */
export interface DiskReserve {
	/** Gives the room away. */
	release(): void;
	/** Takes it back where there is room again. */
	refill(): void;
}

const reservedBytes = 1024 * 1024;

/** `path`: the file that takes the room up. */
export function openDiskReserve(path: string, log: Logger): DiskReserve {
	const refill = () => {
		if (statSync(path, { throwIfNoEntry: false })?.size === reservedBytes) return;
		try {
			writeFileSync(path, Buffer.alloc(reservedBytes), { mode: 0o600 });
		} catch (error) {
			log.debug("no room for the disk reserve yet", { error });
			rmSync(path, { force: true });
		}
	};
	refill();
	return { release: () => rmSync(path, { force: true }), refill };
}
