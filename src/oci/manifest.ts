import { EngineError } from "../lib/index.ts";
import { isDigest } from "./digest.ts";
import type { Descriptor, Index, Manifest, Platform } from "./image-spec.ts";
import {
	asArray,
	asMap,
	asObject,
	asSize,
	asString,
	field,
	optional,
	parseJson,
	present,
	type Shape,
	wrong,
} from "./json-shape.ts";
import { isIndexType, isManifestType, mediaTypes } from "./media-types.ts";

/** Bytes of a manifest or index; registries hold them to the same. */
export const maxManifestBytes = 4 * 1024 * 1024;
const maxLayers = 1_000;
const maxIndexEntries = 10_000;
const maxUrls = 100;

/**
 * What a manifest blob is. `mediaType` is what the registry or the descriptor said, if anything; a document that says
 * otherwise, or is both kinds at once, is `corrupt`: two programs must not read it differently (CVE-2021-41190).
 */
export type ManifestDocument =
	| { readonly kind: "manifest"; readonly mediaType: string; readonly manifest: Manifest }
	| { readonly kind: "index"; readonly mediaType: string; readonly index: Index };

/** @param what names the document in errors: `manifest sha256:…`. */
export function parseManifestDocument(bytes: Uint8Array, what: string, mediaType?: string): ManifestDocument {
	const document = parseJson(bytes, what);
	const { manifests, layers, config, fsLayers, schemaVersion } = asObject(document);
	if (schemaVersion === 1 || fsLayers !== undefined) {
		throw new EngineError(
			"not_implemented",
			`${what}: Docker image format v1 and Docker image manifest version 2, schema 1 are not supported`,
		);
	}
	if (schemaVersion !== 2) throw wrong(field(document, "schemaVersion"), "2");
	const stated = optional(field(document, "mediaType"), asString);
	const announced = isManifestType(mediaType ?? "") || isIndexType(mediaType ?? "") ? mediaType : undefined;
	if (stated !== undefined && announced !== undefined && stated !== announced)
		throw new EngineError("corrupt", `${what} says it is ${stated}, but came as ${announced}`);
	if (manifests !== undefined && (layers !== undefined || config !== undefined))
		throw new EngineError("corrupt", `${what} is both an index and a manifest`);
	const kind =
		stated ?? announced ?? (manifests === undefined ? mediaTypes.ociManifest : mediaTypes.ociIndex);
	if (isIndexType(kind)) return { kind: "index", mediaType: kind, index: readIndex(document) };
	if (isManifestType(kind)) return { kind: "manifest", mediaType: kind, manifest: readManifest(document) };
	throw new EngineError("not_implemented", `${what}: unsupported manifest media type ${kind}`);
}

/** A document that must be a manifest. */
export function parseManifest(bytes: Uint8Array, what: string): Manifest {
	const document = parseManifestDocument(bytes, what);
	if (document.kind !== "manifest") throw new EngineError("corrupt", `${what} is not an image manifest`);
	return document.manifest;
}

function readManifest(document: Shape): Manifest {
	return present({
		schemaVersion: 2 as const,
		mediaType: optional(field(document, "mediaType"), asString),
		artifactType: optional(field(document, "artifactType"), asString),
		config: readDescriptor(field(document, "config")),
		layers: asArray(field(document, "layers"), readDescriptor, maxLayers),
		subject: optional(field(document, "subject"), readDescriptor),
		annotations: optional(field(document, "annotations"), readAnnotations),
	});
}

function readIndex(document: Shape): Index {
	return present({
		schemaVersion: 2 as const,
		mediaType: optional(field(document, "mediaType"), asString),
		manifests: asArray(field(document, "manifests"), readDescriptor, maxIndexEntries),
		annotations: optional(field(document, "annotations"), readAnnotations),
	});
}

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export function readDescriptor(shape: Shape): Descriptor {
	return present({
		mediaType: asString(field(shape, "mediaType")),
		digest: readDigest(field(shape, "digest")),
		size: asSize(field(shape, "size")),
		annotations: optional(field(shape, "annotations"), readAnnotations),
		urls: optional(field(shape, "urls"), (list) => asArray(list, asString, maxUrls)),
		platform: optional(field(shape, "platform"), readPlatform),
		artifactType: optional(field(shape, "artifactType"), asString),
	});
}

export function readDigest(shape: Shape) {
	if (!isDigest(shape.value)) throw wrong(shape, "a sha256 digest");
	return shape.value;
}

function readPlatform(shape: Shape): Platform {
	return present({
		os: optional(field(shape, "os"), asString) ?? "",
		architecture: optional(field(shape, "architecture"), asString) ?? "",
		variant: optional(field(shape, "variant"), asString) || undefined,
		"os.version": optional(field(shape, "os.version"), asString),
		"os.features": optional(field(shape, "os.features"), (list) => asArray(list, asString)),
	});
}

function readAnnotations(shape: Shape): Record<string, string> {
	return asMap(shape, asString);
}

/** `oci-layout`: only version 1.0.0 exists. */
export function checkOciLayout(bytes: Uint8Array): void {
	const document = parseJson(bytes, "oci-layout");
	const version = asString(field(document, "imageLayoutVersion"));
	if (version !== "1.0.0")
		throw new EngineError("not_implemented", `oci-layout: unsupported version ${version}`);
}
