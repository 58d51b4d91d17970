import { join } from "node:path";
import { EngineError, errnoOf, failpoint, syncDirectory, translateSystemError } from "../../lib/index.ts";
import { exchangeNames } from "../../sys/index.ts";
import type { CopiesContext } from "./context.ts";
import type { CopyProgress } from "./contract.ts";
import { findSnapshot, snapshotFolder } from "./records.ts";
import { assertReplaceable, fillFrom, type StagedTree, stageTree } from "./stage.ts";

/**
 * Puts a volume's content back as a snapshot has it, which stays. Crash windows: until the trees have changed places
 * the volume is as it was; from then on it is restored. What is staged then is deleted by boot.
 */
export async function restoreVolume(
	context: CopiesContext,
	name: string,
	request: { readonly snapshot: string } & CopyProgress,
): Promise<void> {
	using _lock = await context.locks.acquire(name, request.signal);
	assertReplaceable(context, name);
	const { id } = findSnapshot(context.documents, name, request.snapshot);
	await using staged = stageTree(context);
	await fillFrom(context, staged, { path: join(context.root, snapshotFolder(id), "_data"), ...request });
	request.check?.();
	replaceContent(context, name, staged);
	failpoint("volumes.restore.after-exchange");
}

/** The staged tree becomes the volume's; the volume's is what is staged then. */
export function replaceContent({ volumes }: CopiesContext, name: string, { data }: StagedTree): void {
	const { mountpoint } = volumes.get(name);
	try {
		exchangeNames(data, mountpoint);
		syncDirectory(join(mountpoint, ".."));
	} catch (error) {
		const known = translateSystemError(error, `volume ${name}`);
		if (known !== error) throw known;
		throw new EngineError(
			"unavailable",
			`volume ${name}: its content cannot be replaced in one step here (${errnoOf(error)})`,
			{ cause: error },
		);
	}
}
