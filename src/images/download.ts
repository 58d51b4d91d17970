import { failpoint, isEngineError } from "../lib/index.ts";
import type { Descriptor, Digest } from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";
import { GrowingBlob } from "./growing-blob.ts";

export interface DownloadOptions {
	readonly lease: Lease;
	readonly signal: AbortSignal;
	/** Bytes so far; not called for a blob that is there. */
	readonly onProgress?: (bytes: number) => void;
	readonly onWaiting?: () => void;
	readonly maxBytes?: number;
	/** The blob as it comes in. Once, at the first byte; not called for a blob that is there. Disposed by the receiver. */
	readonly onGrowing?: (blob: GrowingBlob) => void;
}

/** Brings a blob into the content store unless it is there. Two who want the same wait for one download. */
export async function download(
	context: ImagesContext,
	repository: Repository,
	{ descriptor, options }: { descriptor: Descriptor; options: DownloadOptions },
): Promise<Digest> {
	const { content, blobLocks, downloadSlots, limits } = context;
	const { lease, signal, onProgress, onWaiting, onGrowing, maxBytes = limits.blobBytes } = options;
	const { digest } = descriptor;
	lease.hold(digest);
	if (content.has(digest)) return digest;
	if (blobLocks.isHeld(digest) || downloadSlots.isFull) onWaiting?.();
	using _lock = await blobLocks.acquire(digest, signal);
	if (content.has(digest)) return digest;
	using _slot = await downloadSlots.acquire(signal);
	let growing: GrowingBlob | undefined;
	const fetch = (fromMirrors: boolean) =>
		content.write(repository.blob(descriptor, { fromMirrors }), descriptor, {
			lease,
			signal,
			maxBytes,
			onOpen: (path) => {
				// Of a second try nothing is shown: it is there because somebody sent wrong bytes.
				if (!fromMirrors || onGrowing === undefined) return;
				growing = new GrowingBlob(path, descriptor.size);
				onGrowing(growing);
			},
			onProgress: (bytes) => {
				growing?.advance(bytes);
				onProgress?.(bytes);
			},
		});
	try {
		await fetch(true);
		growing?.settle("stored");
	} catch (error) {
		growing?.settle("failed");
		growing = undefined;
		// Bytes that a mirror or something on the way got wrong; the registry itself is asked once more.
		if (!isEngineError(error, "corrupt")) throw error;
		await fetch(false);
	}
	failpoint("images.pull.after-blob");
	return digest;
}
