/** Exporters and caches of a build as BuildKit's clients name them, as the builder's. */
import type { CacheSource, CacheTarget, Export } from "../../builder/index.ts";
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

/** Annotations (`annotation.key`) of all exporters: an image has one set. */
export function annotationsOf(exporters: readonly NamedOption[]): Record<string, string> {
	const found = exporters.flatMap(({ attrs }) =>
		[...attrs].flatMap(([name, value]) => {
			const [, key] = /^annotation(?:-manifest)?(?:\[[^\]]*\])?\.(.+)$/s.exec(name) ?? [];
			return key === undefined ? [] : [[key, value] as const];
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
};

function checkAttrs(type: string, attrs: ReadonlyMap<string, string>, known: readonly string[]): void {
	for (const [name, value] of attrs) {
		if (name === "name" || known.includes(name) || plain[name]?.includes(value)) continue;
		if (/^annotation(-manifest)?(\[[^\]]*\])?\./.test(name)) continue;
		throw new EngineError("not_implemented", `exporter ${type}: ${name}=${value} is not supported`);
	}
}

function truth(text: string | undefined): boolean {
	return text === "true" || text === "1" || text === "";
}

export function cacheSources(options: readonly NamedOption[]): CacheSource[] {
	return options.map(({ type, attrs }) => {
		if (type !== "registry") throw new EngineError("not_implemented", `cache from ${type} is not supported`);
		return { type, ref: refOf(attrs) };
	});
}

export function cacheTargets(options: readonly NamedOption[]): CacheTarget[] {
	return options.map(({ type, attrs }) => {
		if (type === "inline") return { type };
		if (type !== "registry") throw new EngineError("not_implemented", `cache to ${type} is not supported`);
		return { type, ref: refOf(attrs), mode: attrs.get("mode") === "max" ? "max" : "min" };
	});
}

function refOf(attrs: ReadonlyMap<string, string>): string {
	const ref = attrs.get("ref");
	if (ref === undefined || ref === "")
		throw new EngineError("invalid_argument", "a registry cache needs ref=");
	return ref;
}
