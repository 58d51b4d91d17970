import type { Images } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import { maxConfigBytes, parseReference } from "../../oci/index.ts";
import type { Registry } from "../../registry/index.ts";
import type { ContentStore } from "../../store/index.ts";
import type { BuildEvents, BuildRequest, CacheSource } from "../contract.ts";
import { digestOfJson } from "../graph/definition.ts";
import { createImports, type ImportedCache, type Imports } from "./imports.ts";
import { readInline } from "./inline.ts";
import { readCache } from "./read-cache.ts";
import { registryStore } from "./registry-store.ts";

export interface ImportRooms {
	readonly registry: Registry;
	readonly images: Pick<Images, "find">;
	readonly content: ContentStore;
}

/** Reads what `--cache-from` names. A cache is only ever a help: without one the build goes on, and says so. */
export async function openImports(
	rooms: ImportRooms,
	request: BuildRequest,
	{ events, signal }: { readonly events: BuildEvents; readonly signal: AbortSignal },
): Promise<Imports> {
	const caches = await Promise.all(
		request.cacheFrom.map((source) => openCache(rooms, source, { request, events, signal })),
	);
	return createImports(caches.filter((cache) => cache !== undefined));
}

interface Opening {
	readonly request: BuildRequest;
	readonly events: BuildEvents;
	readonly signal: AbortSignal;
}

async function openCache(
	rooms: ImportRooms,
	source: CacheSource,
	{ request, events, signal }: Opening,
): Promise<ImportedCache | undefined> {
	const name = source.type === "store" ? source.name : source.ref;
	if (source.type === "image") return await openImage(rooms, name, events);
	const vertex = digestOfJson({ importCache: name });
	events({
		kind: "vertex",
		vertex: { digest: vertex, name: `importing cache manifest from ${name}`, inputs: [], line: 0 },
	});
	events({ kind: "started", vertex, at: Date.now() });
	let problem: string | undefined;
	try {
		const store =
			source.type === "store"
				? source.store
				: registryStore(rooms.registry, source.ref, { actions: "pull", signal, ...authOf(request, name) });
		const document = await readCache(store);
		if (document !== undefined) return { name, document, store };
		problem = "there is no cache of this engine";
	} catch (error) {
		signal.throwIfAborted();
		problem = error instanceof Error ? error.message : String(error);
	} finally {
		if (problem !== undefined) warn(events, name, problem, vertex);
		events({ kind: "completed", vertex, cached: false, at: Date.now(), sizeBytes: 0 });
	}
	return undefined;
}

export function authOf({ registryAuth }: BuildRequest, ref: string) {
	const auth = registryAuth.get(parseReference(ref).domain);
	return auth === undefined ? {} : { auth };
}

/** An image that has no cache inside can still be one by its history: nothing is said. */
async function openImage(
	{ images, content }: ImportRooms,
	name: string,
	events: BuildEvents,
): Promise<ImportedCache | undefined> {
	try {
		const image = images.find(name);
		if (image === undefined) throw new EngineError("not_found", "there is no such image here");
		const document = readInline(await content.read(image.id, maxConfigBytes), image.manifest.layers);
		return document === undefined ? undefined : { name, document, store: undefined };
	} catch (error) {
		warn(events, name, error instanceof Error ? error.message : String(error));
		return undefined;
	}
}

function warn(
	events: BuildEvents,
	name: string,
	problem: string,
	vertex?: ReturnType<typeof digestOfJson>,
): void {
	events({
		kind: "warning",
		rule: "CacheImport",
		message: `cache from ${name} is not used: ${problem}`,
		url: "",
		line: 0,
		...(vertex === undefined ? {} : { vertex }),
	});
}
