/** Exporters and caches of a build as BuildKit's clients name them, as the builder's. */
import {
	type CacheSource,
	type CacheStore,
	type CacheTarget,
	checkCacheSource,
	checkInlineCache,
	type Export,
	readCacheTarget,
	unsupportedCache,
} from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import { archiveSink, folderSink } from "../session/file-send.ts";
import type { Session } from "../session/sessions.ts";
import { listOf } from "./options.ts";

export interface NamedOption {
	readonly type: string;
	readonly attrs: ReadonlyMap<string, string>;
}

export interface ExportsContext {
	readonly session: Session;
	readonly root: string;
	readonly signal: AbortSignal;
}

export function exportsOf(exporters: readonly NamedOption[], context: ExportsContext): Export[] {
	return exporters.map(({ type, attrs }, exporter) => {
		const names = listOf(attrs.get("name") ?? "");
		const send = { session: context.session, signal: context.signal, exporter };
		switch (type) {
			// `moby`: what the client of an engine says for `image`.
			case "image":
			case "moby":
				checkAttrs(type, attrs, ["push"]);
				return { type: "image", names, push: truth(attrs.get("push")) };
			case "oci":
			case "docker":
				checkAttrs(type, attrs, ["tar"]);
				if (attrs.has("tar") && !truth(attrs.get("tar")))
					throw new EngineError("not_implemented", `exporter ${type} with tar=false is not supported`);
				return { type, names, sink: archiveSink(send) };
			case "tar":
				checkAttrs(type, attrs, []);
				return { type, sink: archiveSink(send) };
			case "local":
				checkAttrs(type, attrs, []);
				return { type, sink: folderSink({ ...send, folder: context.root }) };
			default:
				throw new EngineError("not_implemented", `exporter ${JSON.stringify(type)} is not supported`);
		}
	});
}

/** `annotation.key`, `annotation-manifest.key`, `annotation-index.key`; for one platform alone is not supported. */
const annotation = /^annotation(?:-(manifest|index))?\.(.+)$/s;

/** Annotations of all exporters: an image has one set. */
export function annotationsOf(
	exporters: readonly NamedOption[],
	where: "manifest" | "index",
): Record<string, string> {
	const found = exporters.flatMap(({ attrs }) =>
		[...attrs].flatMap(([name, value]) => {
			const [, place = "manifest", key] = annotation.exec(name) ?? [];
			return key === undefined || place !== where ? [] : [[key, value] as const];
		}),
	);
	return Object.fromEntries(found);
}

/** With these values they are what is done anyway. */
const plain: Readonly<Record<string, readonly string[]>> = {
	"oci-mediatypes": ["true", "1"],
	compression: ["gzip"],
	"force-compression": ["false", "0"],
	"push-by-digest": ["false", "0"],
	unpack: ["true", "1"],
	store: ["true", "1"],
	load: ["true", "1"],
	// With SOURCE_DATE_EPOCH no layer that a build makes has later times.
	"rewrite-timestamp": ["true", "1"],
	"platform-split": ["true", "1"],
};

function checkAttrs(type: string, attrs: ReadonlyMap<string, string>, known: readonly string[]): void {
	for (const [name, value] of attrs) {
		if (name === "name" || known.includes(name) || plain[name]?.includes(value)) continue;
		if (annotation.test(name)) continue;
		throw new EngineError("not_implemented", `exporter ${type}: ${name}=${value} is not supported`);
	}
}

function truth(text: string | undefined): boolean {
	return text === "true" || text === "1" || text === "";
}

/** `storeOf`: the client's folder of a cache, by its path there. */
export type ClientStores = (path: string, digest: string | undefined) => CacheStore;

export function cacheSources(options: readonly NamedOption[], storeOf: ClientStores): CacheSource[] {
	return options.map(({ type, attrs }) => {
		switch (type) {
			case "registry":
				checkCacheSource(attrs, ["ref"]);
				return { type, ref: needed(type, attrs, "ref") };
			case "local": {
				// The client has looked the tag up already.
				checkCacheSource(attrs, ["src", "digest", "tag"]);
				const path = needed(type, attrs, "src");
				return { type: "store", name: path, store: storeOf(path, needed(type, attrs, "digest")) };
			}
			default:
				throw unsupportedCache("cache-from", type);
		}
	});
}

export function cacheTargets(options: readonly NamedOption[], storeOf: ClientStores): CacheTarget[] {
	return options.map(({ type, attrs }) => {
		switch (type) {
			case "inline":
				checkInlineCache(attrs);
				return { type };
			case "registry":
				return { type, ref: needed(type, attrs, "ref"), options: readCacheTarget(attrs, ["ref"]) };
			case "local": {
				const path = needed(type, attrs, "dest");
				const target = readCacheTarget(attrs, ["dest", "tag"]);
				return { type: "store", name: path, store: storeOf(path, undefined), options: target };
			}
			default:
				throw unsupportedCache("cache-to", type);
		}
	});
}

function needed(type: string, attrs: ReadonlyMap<string, string>, name: string): string {
	const value = attrs.get(name);
	if (value) return value;
	throw new EngineError("invalid_argument", `a cache of type ${type} needs ${name}`);
}
