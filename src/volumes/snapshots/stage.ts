import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TreeCopy } from "../../archive/index.ts";
import { EngineError, failpoint, removeTree, translateSystemError } from "../../lib/index.ts";
import { diskBytes, syncFileSystem } from "../../sys/index.ts";
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
		[Symbol.asyncDispose]: () => removeTree(path),
	};
}

/** Fills a staged tree with another; it is on the disk when this resolves. */
export async function fillFrom(
	context: CopiesContext,
	staged: StagedTree,
	source: { readonly path: string } & CopyProgress,
): Promise<TreeCopy> {
	const { signal } = source;
	const onBytes = withTotal(source);
	const copied = await context.archive.cloneTree(source.path, staged.data, { signal, onBytes });
	await source.onRead?.();
	failpoint("volumes.copy.after-fill");
	await syncFileSystem(staged.data);
	return copied;
}

/** Counts what there is only when it takes long enough to be told, and beside it. */
function withTotal({ path, onBytes }: { readonly path: string } & CopyProgress): (bytes: number) => void {
	let total: number | undefined;
	let counting = false;
	return (bytes) => {
		if (!counting) {
			counting = true;
			void diskBytes([path]).then(
				([counted]) => {
					total = counted;
				},
				() => undefined,
			);
		}
		onBytes?.(bytes, total);
	};
}

/** A volume's tree to read; what stands behind it is mounted until this is disposed of. */
export interface OpenedVolume extends AsyncDisposable {
	readonly path: string;
}

/** Errors: `not_found`, and those of mounting what stands behind a volume with options. */
export async function openVolume({ volumes }: CopiesContext, name: string): Promise<OpenedVolume> {
	volumes.get(name);
	const holder = `copy-${randomBytes(16).toString("hex")}`;
	return {
		path: await volumes.mount(name, holder),
		[Symbol.asyncDispose]: () => volumes.unmount(holder, name),
	};
}

/** Only a folder can change places with another: what is mounted on it stays where it is. `not_implemented`. */
export function assertReplaceable({ volumes }: CopiesContext, name: string): void {
	const [option] = Object.keys(volumes.get(name).options);
	if (option === undefined) return;
	throw new EngineError(
		"not_implemented",
		`volume ${name} is made with the option ${option}, so its content cannot be replaced in one step: make a new ` +
			"volume of the snapshot or archive (hull volume clone --snapshot, hull volume import)",
	);
}
