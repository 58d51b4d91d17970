export { chainId, chainIds } from "./chain-id.ts";
export {
	createDigester,
	type Digester,
	digestFromHex,
	digestHex,
	digestOf,
	isDigest,
	parseDigest,
} from "./digest.ts";
export { maxConfigBytes, maxLayerDepth, parseImageConfig } from "./image-config.ts";
export type * from "./image-spec.ts";
export {
	asArray,
	asInteger,
	asMap,
	asObject,
	asSize,
	asString,
	field,
	optional,
	parseJson,
	type Shape,
	wrong,
} from "./json-shape.ts";
export {
	checkOciLayout,
	type ManifestDocument,
	maxManifestBytes,
	parseManifest,
	parseManifestDocument,
	readDescriptor,
	readDigest,
} from "./manifest.ts";
export { isImageConfigType, isIndexType, isLayerType, isManifestType, mediaTypes } from "./media-types.ts";
export {
	bestPlatform,
	formatPlatform,
	hostPlatform,
	isRunnableOn,
	normalizePlatform,
	parsePlatform,
	runnablePlatforms,
} from "./platform.ts";
export {
	canonicalName,
	canonicalReference,
	familiarName,
	familiarReference,
	parseReference,
	parseTag,
	type Reference,
	withDefaultTag,
} from "./reference.ts";
export { mergeRunConfig } from "./run-config.ts";
export * from "./runtime-spec.ts";
