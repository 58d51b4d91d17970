import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TreeCopy } from "../../archive/index.ts";
import { EngineError, failpoint, translateSystemError } from "../../lib/index.ts";
import { syncFileSystem } from "../../sys/index.ts";
import type { VolumeRecord } from "../contract.ts";
import { STAGING } from "../moves.ts";
import type { CopiesContext } from "./context.ts";
import type { CopyProgress } from "./contract.ts";

/** A tree that is being made; disposing deletes what has not been moved away. */
export interface StagedTree extends AsyncDisposable {
	/** 64 hex digits. */
	readonly id: string;
	/** Below the root of the volumes. */
	readonly folder: string;
	/** Where the tree goes: an empty folder. */
	readonly data: string;
}

export function stageTree({ root }: CopiesContext): StagedTree {
	const id = randomBytes(32).toString("hex");
	const folder = join(STAGING, id);
	const path = join(root, folder);
	try {
		mkdirSync(join(root, STAGING), { recursive: true, mode: 0o700 });
		mkdirSync(path, { mode: 0o701 });
		mkdirSync(join(path, "_data"), { mode: 0o755 });
	} catch (error) {
		throw translateSystemError(error, path);
	}
	return {
		id,
		folder,
		data: join(path, "_data"),
		[Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
	};
}

/** Fills a staged tree with another; it is on the disk when this resolves. */
export async function fillFrom(
	context: CopiesContext,
	staged: StagedTree,
	source: { readonly path: string } & CopyProgress,
): Promise<TreeCopy> {
	const copied = await context.archive.cloneTree(source.path, staged.data, source);
	failpoint("volumes.copy.after-fill");
	await syncFileSystem(staged.data);
	return copied;
}

/** Its content has to be what lies in its folder: of what is mounted elsewhere a copy would be of something else. */
export function copyable(context: CopiesContext, name: string): VolumeRecord {
	const volume = context.volumes.get(name);
	const [option] = Object.keys(volume.options);
	if (option === undefined) return volume;
	throw new EngineError(
		"not_implemented",
		`volume ${name} is made with the option ${option}: such volumes cannot be copied`,
	);
}
