import { EngineError } from "../../lib/index.ts";
import type { CacheTargetOptions } from "../contract.ts";

export type CacheAttributes = ReadonlyMap<string, string>;

/** What `--cache-to` says beside where to. Errors: `invalid_argument`, `not_implemented`, naming the attribute. */
export function readCacheTarget(attributes: CacheAttributes, places: readonly string[]): CacheTargetOptions {
	const known = [
		...places,
		...["mode", "image-manifest", "oci-mediatypes", "compression", "compression-level"],
		...["force-compression", "ignore-error", "mounts"],
	];
	refuseUnknown("cache-to", attributes, known);
	const hasOciTypes = truth(attributes, "oci-mediatypes", true);
	const isImageManifest = truth(attributes, "image-manifest", hasOciTypes);
	if (isImageManifest && !hasOciTypes)
		throw new EngineError("invalid_argument", "cache-to: image-manifest=true needs oci-mediatypes=true");
	// Whatever was compressed differently is compressed anew in any case.
	truth(attributes, "force-compression", false);
	const level = attributes.get("compression-level");
	if (level !== undefined && !/^\d{1,2}$/.test(level)) throw invalid("compression-level", level);
	return {
		mode: oneOf(attributes, "mode", ["min", "max"]),
		...{ isImageManifest, hasOciTypes },
		compression: oneOf(attributes, "compression", ["gzip", "zstd", "uncompressed"]),
		...(level === undefined ? {} : { compressionLevel: Number(level) }),
		ignoresErrors: truth(attributes, "ignore-error", false),
		hasMounts: truth(attributes, "mounts", false),
	};
}

/** Of a cache source no attribute but where it is says anything. */
export function checkCacheSource(attributes: CacheAttributes, places: readonly string[]): void {
	refuseUnknown("cache-from", attributes, places);
}

/** The places that are not served, by name. */
export function unsupportedCache(where: "cache-from" | "cache-to", type: string): EngineError {
	return new EngineError(
		"not_implemented",
		`${where} of type ${JSON.stringify(type)} is not supported: it is registry, local${where === "cache-to" ? " or inline" : ""}`,
	);
}

/** An inline cache has the layers of its image, and no others. */
export function checkInlineCache(attributes: CacheAttributes): void {
	refuseUnknown("cache-to", attributes, ["mode"]);
	if ((attributes.get("mode") ?? "min") !== "min")
		throw new EngineError("invalid_argument", "cache-to of type inline has mode=min alone");
}

function refuseUnknown(where: string, attributes: CacheAttributes, known: readonly string[]): void {
	const odd = [...attributes.keys()].find((name) => name !== "type" && !known.includes(name));
	if (odd === undefined) return;
	const hint = odd === "registry.insecure" ? ": it is a setting of the engine's registries" : "";
	throw new EngineError("not_implemented", `${where}: ${odd} is not supported${hint}`);
}

function truth(attributes: CacheAttributes, name: string, otherwise: boolean): boolean {
	const text = attributes.get(name);
	if (text === undefined) return otherwise;
	if (["true", "1", ""].includes(text)) return true;
	if (["false", "0"].includes(text)) return false;
	throw invalid(name, text);
}

function oneOf<const Values extends readonly string[]>(
	attributes: CacheAttributes,
	name: string,
	values: Values,
): Values[number] {
	const text = attributes.get(name) ?? values[0]!;
	if (values.includes(text)) return text;
	throw new EngineError("invalid_argument", `cache-to: ${name}=${text}: it is ${values.join(" or ")}`);
}

function invalid(name: string, text: string): EngineError {
	return new EngineError(
		"invalid_argument",
		`cache-to: invalid ${name}: ${JSON.stringify(text.slice(0, 80))}`,
	);
}
