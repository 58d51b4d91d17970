import type { Archive } from "../../archive/index.ts";
import { decompress } from "../../images/index.ts";
import type { ContentStore, Lease } from "../../store/index.ts";
import { runCommand } from "../../sys/index.ts";
import { mountLimits } from "../cache/build-mounts.ts";
import type { BuildEvents } from "../contract.ts";
import { atMost, type Imports } from "./imports.ts";

export interface MountRooms {
	readonly imports: Imports;
	readonly archive: Pick<Archive, "importTree">;
	readonly content: ContentStore;
	readonly lease: Lease;
	readonly events: BuildEvents;
}

/**
 * What puts an imported cache's content into a mount that is new here; `undefined`: no cache has any. The archive is
 * held against its digest before a byte of it is unpacked. What is wrong is a warning, and the mount is empty then.
 */
export function importedMount(
	{ imports, archive, content, lease, events }: MountRooms,
	id: string,
): ((folder: string, signal: AbortSignal) => Promise<void>) | undefined {
	const found = imports.mount(id);
	if (found === undefined) return undefined;
	const { blob, diffId, size } = found.archive;
	const { store } = found.cache;
	return async (folder, signal) => {
		try {
			if (store === undefined) return;
			const tar = decompress(atMost(store.read(blob), blob), `cache mount ${id}`);
			await content.write(tar, { digest: diffId, size }, { lease, signal });
			imports.noteFetched(diffId);
			const options = { changes: false, devices: false, limits: mountLimits, signal };
			await archive.importTree(folder, content.stream(diffId), options);
		} catch (error) {
			signal.throwIfAborted();
			await runCommand(["find", folder, "-mindepth", "1", "-xdev", "-delete"]);
			const problem = error instanceof Error ? error.message : String(error);
			const message = `cache mount ${id} is empty: what the imported cache has is not used: ${problem}`;
			events({ kind: "warning", rule: "CacheImport", message, url: "", line: 0 });
		}
	};
}
