import { failpoint } from "../../lib/index.ts";
import { syncFileSystem } from "../../sys/index.ts";
import type { VolumeRecord } from "../contract.ts";
import type { CopiesContext } from "./context.ts";
import type { CopyProgress, ImportRequest } from "./contract.ts";
import { replaceContent } from "./restore.ts";
import { assertReplaceable, fillFrom, type StagedTree, stageTree } from "./stage.ts";

const maxEntries = 10_000_000;

/**
 * A volume of a tar. The archive is unpacked aside, so one that is bad or cut off changes nothing. Crash windows: as
 * for a clone, or with `onto` as for a restore.
 */
export async function importVolume(
	context: CopiesContext,
	name: string,
	request: { readonly archive: AsyncIterable<Uint8Array> } & ImportRequest & CopyProgress,
): Promise<VolumeRecord> {
	using _lock = await context.locks.acquire(name, request.signal);
	if (request.onto) return await importOnto(context, name, request);
	context.volumes.assertFree(name);
	await using staged = stageTree(context);
	await unpack(context, staged, request);
	return context.volumes.adopt({ name, labels: request.labels ?? {}, folder: staged.folder });
}

type Request = Parameters<typeof importVolume>[2];

async function importOnto(context: CopiesContext, name: string, request: Request): Promise<VolumeRecord> {
	assertReplaceable(context, name);
	await using staged = stageTree(context);
	await fillFrom(context, staged, { path: context.volumes.get(name).mountpoint, signal: request.signal });
	await unpack(context, staged, request);
	request.check?.();
	replaceContent(context, name, staged);
	failpoint("volumes.import.after-exchange");
	return context.volumes.get(name);
}

async function unpack({ archive }: CopiesContext, staged: StagedTree, request: Request): Promise<void> {
	const { devices, maxBytes, onto, signal } = request;
	const limits = { maxBytes, maxEntries };
	await archive.importTree(staged.data, counted(request), { changes: onto, devices, limits, signal });
	failpoint("volumes.import.after-unpack");
	await syncFileSystem(staged.data);
}

async function* counted({ archive, onBytes }: Request): AsyncGenerator<Uint8Array> {
	let bytes = 0;
	for await (const chunk of archive) {
		bytes += chunk.length;
		onBytes?.(bytes);
		yield chunk;
	}
}
