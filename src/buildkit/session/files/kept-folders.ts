/**
 * Content of clients' files, kept between builds by the key that clients of one folder share. Only regular files and
 * the folders that they are in: links exist in the index alone, so no path on the disk leads anywhere else.
 *
 * What is known of it is in memory, so a daemon that starts finds nothing worth keeping and empties the folder.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../../../lib/index.ts";

/** What was received of a file, and when it counts as the same. */
export interface KeptFile {
	readonly sizeBytes: number;
	readonly modifiedNanos: bigint;
	readonly digest: string;
}

/** Held by one build at a time. Disposing gives it back. */
export interface KeptFolder extends AsyncDisposable {
	readonly path: string;
	/** By path. */
	readonly files: Map<string, KeptFile>;
}

export interface KeptFolders {
	/** An empty one when another build holds that of the key, or when there is no key. */
	take(key: string): Promise<KeptFolder>;
}

/** Folders that nobody uses and that are kept all the same: the last ones used. */
const maxIdle = 8;

export function createKeptFolders(root: string): KeptFolders {
	const idle = new Map<string, Omit<KeptFolder, keyof AsyncDisposable>>();

	const giveBack = async (name: string, folder: Omit<KeptFolder, keyof AsyncDisposable>) => {
		if (name === "" || idle.has(name)) return removeTree(folder.path);
		idle.set(name, folder);
		while (idle.size > maxIdle) {
			const [oldest, { path }] = idle.entries().next().value!;
			idle.delete(oldest);
			await removeTree(path);
		}
	};
	return {
		async take(key) {
			const name = key === "" ? "" : createHash("sha256").update(key).digest("hex");
			const found = idle.get(name);
			idle.delete(name);
			const folder = found ?? { path: join(root, randomUUID()), files: new Map<string, KeptFile>() };
			await mkdir(folder.path, { recursive: true, mode: 0o700 });
			return { ...folder, [Symbol.asyncDispose]: () => giveBack(name, folder) };
		},
	};
}
