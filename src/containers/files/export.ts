import type { FilesystemChange } from "../../api/index.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { changeSource } from "./change-source.ts";
import { archiveRoot } from "./root.ts";

/** The whole tree as one tar, volumes left out as in Docker. */
export function exportContainer(
	context: Context,
	reference: string,
	signal: AbortSignal,
): AsyncIterable<Uint8Array> {
	const container = context.registry.get(reference);
	publish(context, container, { action: "export" });
	const mounts = context.snapshots.mounts(container.id, { readOnly: true });
	const root = container.run === undefined ? ({ kind: "mounts", mounts } as const) : undefined;
	return context.archive.exportTree(root ?? archiveRoot(context, container, { binds: false }), signal);
}

/** What a container changed in its image's files. */
export async function changesOfContainer(context: Context, reference: string): Promise<FilesystemChange[]> {
	const container = context.registry.get(reference);
	const changes = await context.archive.changes(changeSource(context, container));
	return changes.map(({ path, kind }) => ({ Path: path, Kind: kind }));
}
