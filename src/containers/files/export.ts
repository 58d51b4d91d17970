import type { FilesystemChange } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
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
	const changesDirectory = context.snapshots.changesDirectory(container.id);
	if (changesDirectory === undefined)
		throw new EngineError(
			"not_implemented",
			`changes of a container are not known with the ${context.snapshots.name} snapshot driver`,
		);
	const { chainId } = container.record.image;
	const mounts = chainId === undefined ? [] : context.snapshots.layerMounts(chainId);
	const changes = await context.archive.changes({ changesDirectory, parent: { kind: "mounts", mounts } });
	return changes.map(({ path, kind }) => ({ Path: path, Kind: kind }));
}
