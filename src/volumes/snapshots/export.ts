import { join } from "node:path";
import { held } from "../../lib/index.ts";
import type { CopiesContext } from "./context.ts";
import type { CopyProgress } from "./contract.ts";
import { findSnapshot, snapshotFolder } from "./records.ts";
import { fillFrom, openVolume, stageTree } from "./stage.ts";

/**
 * A tar of a volume's content, its own folder first. What it reads is held until the stream has ended: a snapshot that
 * is removed meanwhile waits.
 */
export async function exportVolume(
	context: CopiesContext,
	name: string,
	request: {
		readonly snapshot?: string | undefined;
		readonly since?: string | undefined;
		readonly aside?: boolean;
	} & CopyProgress,
): Promise<AsyncIterable<Uint8Array>> {
	await using resources = new AsyncDisposableStack();
	resources.use(await context.locks.acquire(name, request.signal));
	const folderOf = (reference: string) =>
		join(context.root, snapshotFolder(findSnapshot(context.documents, name, reference).id), "_data");
	const since = request.since === undefined ? undefined : folderOf(request.since);
	let path =
		request.snapshot === undefined
			? resources.use(await openVolume(context, name)).path
			: folderOf(request.snapshot);
	if (request.snapshot === undefined && request.aside === true) {
		const staged = resources.use(stageTree(context));
		await fillFrom(context, staged, { ...request, path });
		request.check?.();
		path = staged.data;
	}
	return held(archiveOf(context, { path, since, signal: request.signal }), resources.move());
}

function archiveOf(
	{ archive }: CopiesContext,
	trees: {
		readonly path: string;
		readonly since: string | undefined;
		readonly signal: AbortSignal | undefined;
	},
): AsyncIterable<Uint8Array> {
	const { path, since, signal } = trees;
	const tree = { kind: "directory", path } as const;
	if (since === undefined) return archive.exportTree(tree, signal, { withRoot: true });
	return archive.packChanges({ tree, parent: { kind: "directory", path: since }, exact: true }, signal);
}
