import { failpoint, isEngineError } from "../lib/index.ts";
import type { Descriptor, Digest } from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";

export interface DownloadOptions {
	readonly lease: Lease;
	readonly signal: AbortSignal;
	/** Bytes so far; not called for a blob that is there. */
	readonly onProgress?: (bytes: number) => void;
	readonly onWaiting?: () => void;
	readonly maxBytes?: number;
}

/** Brings a blob into the content store unless it is there. Two who want the same wait for one download. */
export async function download(
	context: ImagesContext,
	repository: Repository,
	{ descriptor, options }: { descriptor: Descriptor; options: DownloadOptions },
): Promise<Digest> {
	const { content, blobLocks, downloadSlots, limits } = context;
	const { lease, signal, onProgress, onWaiting, maxBytes = limits.blobBytes } = options;
	const { digest } = descriptor;
	lease.hold(digest);
	if (content.has(digest)) return digest;
	if (blobLocks.isHeld(digest) || downloadSlots.isFull) onWaiting?.();
	using _lock = await blobLocks.acquire(digest, signal);
	if (content.has(digest)) return digest;
	using _slot = await downloadSlots.acquire(signal);
	const fetch = (fromMirrors: boolean) =>
		content.write(repository.blob(descriptor, { fromMirrors }), descriptor, {
			lease,
			signal,
			maxBytes,
			...(onProgress === undefined ? {} : { onProgress }),
		});
	try {
		await fetch(true);
	} catch (error) {
		// Bytes that a mirror or something on the way got wrong; the registry itself is asked once more.
		if (!isEngineError(error, "corrupt")) throw error;
		await fetch(false);
	}
	failpoint("images.pull.after-blob");
	return digest;
}
