import { lstatSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { EngineError } from "./errors.ts";

const everything = { recursive: true, force: true } as const;
const tries = 100;

/**
 * Removes a file, or a folder with all that is in it; nothing to do when it is not there. Bun's `rm` with `force` ends
 * without an error, and before its end, when somebody else removes something below the folder at the same time: so it
 * is done again until the path is gone. Errors: the system's, `unavailable` when others fill the folder as fast.
 */
export async function removeTree(path: string): Promise<void> {
	for (let left = tries; left > 0; left--) {
		await rm(path, everything);
		if (isGone(path)) return;
	}
	throw filledAgain(path);
}

/** {@link removeTree} for small folders, and for those who cannot wait. */
export function removeTreeSync(path: string): void {
	for (let left = tries; left > 0; left--) {
		rmSync(path, everything);
		if (isGone(path)) return;
	}
	throw filledAgain(path);
}

function isGone(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

function filledAgain(path: string): EngineError {
	return new EngineError("unavailable", `${path} cannot be removed: it is filled again each time`);
}
