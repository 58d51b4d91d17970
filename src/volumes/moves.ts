import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { failpoint, type Logger, syncDirectory, translateSystemError } from "../lib/index.ts";
import type { Documents, Metadata } from "../store/index.ts";

/** A folder that is to have another name; paths below the root of the volumes. */
export interface FolderMove {
	readonly from: string;
	readonly to: string;
}

/** Below the root: what is being made, or deleted. Boot empties it. */
export const STAGING = ".staging";

/**
 * Names of folders and records that change together. The record is written with a note of the move, then the folder
 * moves, then the note goes. Crash windows: before the record nothing has happened; with the note boot makes the move
 * if it was not made. What is left in {@link STAGING} then belongs to nobody and is deleted.
 */
export class FolderMoves {
	readonly #metadata: Metadata;
	readonly #root: string;
	readonly #documents: Documents<FolderMove>;

	constructor(metadata: Metadata, root: string) {
		this.#metadata = metadata;
		this.#root = root;
		this.#documents = metadata.documents("volume_moves", parseMove);
	}

	/** Synchronous: nobody sees the one without the other. */
	commit(move: FolderMove, records: () => void): void {
		const key = move.to;
		this.#metadata.transaction(
			() => {
				records();
				this.#documents.put(key, move);
			},
			{ durable: true },
		);
		failpoint("volumes.move.after-record");
		this.#make(move);
		failpoint("volumes.move.after-rename");
		this.#documents.delete(key);
	}

	/** Boot, before anything looks at the folders. Gives what is to be deleted. */
	recover(log: Logger): string[] {
		const staging = join(this.#root, STAGING);
		for (const { key, value: move } of this.#documents.entries()) {
			if (existsSync(join(this.#root, move.from))) {
				if (existsSync(join(this.#root, move.to))) {
					log.error("a volume's folder could not get its name: both are there", { ...move });
					continue;
				}
				this.#make(move);
			}
			this.#documents.delete(key);
		}
		return existsSync(staging) ? readdirSync(staging).map((name) => join(staging, name)) : [];
	}

	#make({ from, to }: FolderMove): void {
		const source = join(this.#root, from);
		const target = join(this.#root, to);
		try {
			mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
			renameSync(source, target);
			syncDirectory(dirname(target));
			syncDirectory(dirname(source));
		} catch (error) {
			throw translateSystemError(error, `rename ${source}`);
		}
	}
}

function parseMove(value: unknown): FolderMove {
	const { from, to } = (value ?? {}) as Record<string, unknown>;
	for (const path of [from, to])
		if (typeof path !== "string" || path === "" || path.split("/").some((part) => /^\.{0,2}$/.test(part)))
			throw new Error("not a move of a folder");
	return value as FolderMove;
}
