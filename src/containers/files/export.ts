import type { FilesystemChange } from "../../api/index.ts";
import { held } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { reachFiles } from "./reach.ts";

/** The whole tree as one tar, volumes left out as in Docker. */
export async function exportContainer(
	context: Context,
	reference: string,
	signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
	const container = context.registry.get(reference);
	const files = await reachFiles(context, container, { binds: false, signal });
	publish(context, container, { action: "export" });
	return held(context.archive.exportTree(files.bare, signal), files);
}

/** What a container changed in its image's files. */
export async function changesOfContainer(context: Context, reference: string): Promise<FilesystemChange[]> {
	const container = context.registry.get(reference);
	await using files = await reachFiles(context, container, { binds: false });
	const changes = await context.archive.changes(files.changes);
	return changes.map(({ path, kind }) => ({ Path: path, Kind: kind }));
}
