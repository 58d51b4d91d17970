import { decompress } from "../../images/index.ts";
import { EngineError, KeyedLock } from "../../lib/index.ts";
import type { Descriptor, Digest } from "../../oci/index.ts";
import type { ContentStore, Lease } from "../../store/index.ts";
import type { CacheStore } from "../contract.ts";
import type { CacheDocument, PortableMount, PortableStep } from "./document.ts";

/** A cache of elsewhere that a build may take from. */
export interface ImportedCache {
	/** As the user named it. */
	readonly name: string;
	readonly document: CacheDocument;
	/** `undefined`: its blobs are in the content store. */
	readonly store: CacheStore | undefined;
}

/** Results of other engines, for one build. What they say is believed; bytes are held against their digests. */
export interface Imports {
	find(key: Digest): PortableStep | undefined;
	/** What a copy from a tree comes to; see `treeCopy`. */
	copyDigest(memo: string): Digest | undefined;
	/** Where a layer's blob is: one that was asked for, of any cache. */
	blob(diffId: Digest): Descriptor | undefined;
	/** Brings a layer's archive into the content store. Errors: {@link LayerLost}; `cancelled`. */
	fetch(layer: { readonly diffId: Digest; readonly size: number }, options: FetchOptions): Promise<void>;
	/** Nothing that has this layer is found any more. */
	forget(diffIds: readonly Digest[]): void;
	/** What was brought into the content store. */
	readonly fetched: ReadonlySet<Digest>;
	noteFetched(digest: Digest): void;
	/** The content of a cache mount, by its id. */
	mount(id: string): { readonly archive: PortableMount; readonly cache: ImportedCache } | undefined;
}

export interface FetchOptions {
	readonly content: ContentStore;
	readonly lease: Lease;
	readonly signal: AbortSignal;
}

/** A layer that a cache named cannot be had, or is not what it is said to be: the steps that made it are done anew. */
export class LayerLost extends Error {
	readonly diffIds: readonly Digest[];

	/** Without a cause the cache never had more than its digest. */
	constructor(diffIds: readonly Digest[], cause?: unknown) {
		super(`layers of an imported cache are lost: ${diffIds.join(", ")}`, { cause });
		this.diffIds = diffIds;
	}
}

/** The first cache that knows something is asked. */
export function createImports(caches: readonly ImportedCache[]): Imports {
	const steps = new Map<Digest, PortableStep>();
	for (const { document } of caches)
		for (const step of document.steps) if (!steps.has(step.key)) steps.set(step.key, step);
	const lost = new Set<Digest>();
	const fetched = new Set<Digest>();
	const fetching = new KeyedLock();
	return {
		fetched,
		noteFetched: (digest) => fetched.add(digest),
		find(key) {
			const step = steps.get(key);
			return step?.layer !== undefined && lost.has(step.layer.diffId) ? undefined : step;
		},
		copyDigest: (memo) => firstOf(caches, ({ document }) => document.copies.get(memo)),
		blob: (diffId) => firstOf(caches, ({ document }) => document.blobs.get(diffId)),
		async fetch({ diffId, size }, { content, lease, signal }) {
			using _lock = await fetching.acquire(diffId, signal);
			lease.hold(diffId);
			if (content.has(diffId)) return;
			const sources = caches.filter(({ document }) => document.blobs.has(diffId));
			let failure: unknown;
			for (const { store, document } of sources) {
				const blob = document.blobs.get(diffId)!;
				try {
					const bytes = store === undefined ? content.stream(blob.digest) : store.read(blob);
					const archive = decompress(atMost(bytes, blob), `layer ${blob.digest}`);
					await content.write(archive, { digest: diffId, size }, { lease, signal });
					fetched.add(diffId);
					return;
				} catch (error) {
					signal.throwIfAborted();
					failure = error;
				}
			}
			throw new LayerLost([diffId], failure);
		},
		forget(diffIds) {
			for (const diffId of diffIds) lost.add(diffId);
		},
		mount: (id) =>
			firstOf(caches, (cache) => {
				const archive = cache.document.mounts.find((one) => one.id === id);
				return archive === undefined ? undefined : { archive, cache };
			}),
	};
}

/** A blob with more bytes than it was said to have is not read to its end. */
export async function* atMost(
	source: AsyncIterable<Uint8Array>,
	{ digest, size }: Descriptor,
): AsyncGenerator<Uint8Array> {
	let bytes = 0;
	for await (const chunk of source) {
		bytes += chunk.length;
		if (bytes > size) throw new EngineError("corrupt", `${digest} has more bytes than the announced ${size}`);
		yield chunk;
	}
}

function firstOf<T>(
	caches: readonly ImportedCache[],
	look: (cache: ImportedCache) => T | undefined,
): T | undefined {
	for (const cache of caches) {
		const found = look(cache);
		if (found !== undefined) return found;
	}
	return undefined;
}
