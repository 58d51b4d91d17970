import { EngineError } from "../../lib/index.ts";
import {
	type Descriptor,
	type Digest,
	digestOf,
	type Index,
	isImageConfigType,
	isManifestType,
	type Manifest,
	maxConfigBytes,
	parseManifestDocument,
} from "../../oci/index.ts";
import type { CacheStore } from "../contract.ts";
import { type CacheDocument, cacheConfigType, decodeDocument, maxDocumentBytes } from "./document.ts";
import { readInline } from "./inline.ts";

const maxPlatforms = 100;

/**
 * What a store has: an exported cache as BuildKit lays it out, an image manifest or an index, or an image with a cache
 * inside. `undefined`: nothing that this engine could use. Errors: `corrupt`, `too_large`; those of the store.
 */
export async function readCache(store: CacheStore): Promise<CacheDocument | undefined> {
	const found = await store.manifest();
	if (found === undefined) return undefined;
	const document = parseManifestDocument(found.bytes, "cache manifest", found.mediaType);
	if (document.kind === "index") {
		const config = document.index.manifests.find(({ mediaType }) => mediaType === cacheConfigType);
		return config === undefined ? await readIndexed(store, document.index) : await readConfig(store, config);
	}
	const { manifest } = document;
	if (manifest.config.mediaType === cacheConfigType) return await readConfig(store, manifest.config);
	if (isImageConfigType(manifest.config.mediaType)) return await readImage(store, manifest);
	return undefined;
}

async function readConfig(store: CacheStore, config: Descriptor): Promise<CacheDocument | undefined> {
	return decodeDocument(await readBlob(store, config, maxDocumentBytes), "cache config");
}

async function readImage(store: CacheStore, manifest: Manifest): Promise<CacheDocument | undefined> {
	const config = await readBlob(store, manifest.config, maxConfigBytes);
	return readInline(config, manifest.layers);
}

/** Images for several platforms, each with the cache of its own steps; together they are one. */
async function readIndexed(store: CacheStore, { manifests }: Index): Promise<CacheDocument | undefined> {
	const found: CacheDocument[] = [];
	for (const { digest, platform, mediaType } of manifests.slice(0, maxPlatforms)) {
		if (platform === undefined || platform.os === "unknown" || !isManifestType(mediaType)) continue;
		const fetched = await store.manifestOf?.(digest);
		if (fetched === undefined) continue;
		const document = parseManifestDocument(fetched.bytes, `manifest ${digest}`, mediaType);
		if (document.kind !== "manifest") continue;
		const cache = await readImage(store, document.manifest);
		if (cache !== undefined) found.push(cache);
	}
	if (found.length === 0) return undefined;
	const steps = new Map(found.flatMap((one) => one.steps.map((step) => [step.key, step])));
	return {
		steps: [...steps.values()],
		copies: new Map(found.flatMap(({ copies }) => [...copies])),
		mounts: found.flatMap(({ mounts }) => mounts),
		blobs: new Map(found.flatMap(({ blobs }) => [...blobs])),
	};
}

/** The whole of a small blob, held against its digest. */
async function readBlob(store: CacheStore, blob: Descriptor, maxBytes: number): Promise<Uint8Array> {
	if (blob.size > maxBytes)
		throw new EngineError("too_large", `${blob.digest} is longer than ${maxBytes} bytes`);
	const parts: Uint8Array[] = [];
	let size = 0;
	for await (const part of store.read(blob)) {
		size += part.length;
		if (size > blob.size)
			throw new EngineError("corrupt", `${blob.digest} has more bytes than the announced ${blob.size}`);
		parts.push(Uint8Array.from(part));
	}
	const bytes = Buffer.concat(parts);
	const digest: Digest = digestOf(bytes);
	if (digest !== blob.digest) throw new EngineError("corrupt", `${blob.digest} has the digest ${digest}`);
	return bytes;
}
