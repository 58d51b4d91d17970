/**
 * What an exported cache says, as JSON. Around it is BuildKit's own form (`application/vnd.buildkit.cacheconfig.v0`:
 * layers, and records that name them), so that registries and tools know what it is; the engine reads its own member,
 * `hull`, because its keys stand for content and BuildKit's for instructions.
 */
import { EngineError } from "../../lib/index.ts";
import {
	asArray,
	asInteger,
	asMap,
	asSize,
	asString,
	type Descriptor,
	type Digest,
	field,
	optional,
	parseJson,
	readDescriptor,
	readDigest,
	type Shape,
	wrong,
} from "../../oci/index.ts";

export const cacheConfigType = "application/vnd.buildkit.cacheconfig.v0";

export interface CacheDocument {
	readonly steps: readonly PortableStep[];
	/** What copies from trees come to, by what they read: see `treeCopy`. */
	readonly copies: ReadonlyMap<string, Digest>;
	readonly mounts: readonly PortableMount[];
	/** Blobs of layers, by what is in them. Of steps whose layer has none only its digest is known. */
	readonly blobs: ReadonlyMap<Digest, Descriptor>;
}

/** A step's result, without where its layer is. */
export interface PortableStep {
	readonly key: Digest;
	readonly description: string;
	readonly parts: Readonly<Record<string, string>>;
	/** RFC 3339. */
	readonly createdAt: string;
	readonly parent?: Digest;
	/** `undefined`: it changed nothing. `size`: bytes of the layer's archive. */
	readonly layer?: { readonly diffId: Digest; readonly size: number; readonly unpackedBytes: number };
}

/** The content of a cache mount, as an archive. */
export interface PortableMount {
	readonly id: string;
	readonly blob: Descriptor;
	/** Of the archive, not compressed. */
	readonly diffId: Digest;
	readonly size: number;
}

const version = 1;
export const maxDocumentBytes = 32 * 1024 * 1024;
const maxSteps = 10_000;
const maxParts = 50;
const maxMounts = 1_000;
const maxTextLength = 256 * 1024;

export function encodeDocument({ steps, copies, mounts, blobs }: CacheDocument): Uint8Array {
	const places = new Map(steps.map(({ key }, index) => [key, index]));
	const stepOf = (key: Digest | undefined) => (key === undefined ? undefined : steps[places.get(key) ?? -1]);
	const withBlobs = [
		...new Map(
			steps.flatMap((step) =>
				step.layer !== undefined && blobs.has(step.layer.diffId)
					? [[step.layer.diffId, { step, blob: blobs.get(step.layer.diffId)! }] as const]
					: [],
			),
		).values(),
	];
	const layerAt = new Map(withBlobs.map(({ step }, index) => [step.layer!.diffId, index]));
	const layers = withBlobs.map(({ step, blob }) => ({
		blob: blob.digest,
		parent: layerAt.get(stepOf(step.parent)?.layer?.diffId as Digest) ?? -1,
		annotations: {
			mediaType: blob.mediaType,
			diffID: step.layer!.diffId,
			size: blob.size,
			createdAt: step.createdAt,
		},
	}));
	const records = steps.map(({ key, parent, layer, createdAt }) => {
		const below = parent === undefined ? undefined : places.get(parent);
		const at = layer === undefined ? undefined : layerAt.get(layer.diffId);
		return {
			digest: key,
			...(below === undefined ? {} : { inputs: [[{ link: below }]] }),
			...(at === undefined ? {} : { layers: [{ layer: at, createdAt }] }),
		};
	});
	const hull = { version, steps, copies: Object.fromEntries([...copies].sort()), mounts };
	return Buffer.from(JSON.stringify({ layers, records, hull }));
}

/** `undefined`: it is a cache of another builder. Errors: `corrupt`, with the place. */
export function decodeDocument(bytes: Uint8Array, what: string): CacheDocument | undefined {
	if (bytes.length > maxDocumentBytes)
		throw new EngineError("too_large", `${what} is longer than ${maxDocumentBytes} bytes`);
	const document = parseJson(bytes, what);
	const hull = field(document, "hull");
	if (hull.value === undefined) return undefined;
	if (asInteger(field(hull, "version")) !== version) return undefined;
	const blobs = optional(field(document, "layers"), (list) => asArray(list, readBlob, maxSteps)) ?? [];
	const copies = optional(field(hull, "copies"), (map) => asMap(map, readDigest)) ?? {};
	return {
		steps: asArray(field(hull, "steps"), readStep, maxSteps),
		copies: new Map(Object.entries(copies).slice(0, maxSteps)),
		mounts: optional(field(hull, "mounts"), (list) => asArray(list, readMount, maxMounts)) ?? [],
		blobs: new Map(blobs),
	};
}

function readBlob(shape: Shape): [Digest, Descriptor] {
	const annotations = field(shape, "annotations");
	const mediaType = text(field(annotations, "mediaType"));
	const size = asSize(field(annotations, "size"));
	return [
		readDigest(field(annotations, "diffID")),
		{ mediaType, size, digest: readDigest(field(shape, "blob")) },
	];
}

function readStep(shape: Shape): PortableStep {
	const parts = asMap(field(shape, "parts"), text);
	if (Object.keys(parts).length > maxParts) throw wrong(field(shape, "parts"), `at most ${maxParts} members`);
	const parent = optional(field(shape, "parent"), readDigest);
	const layer = optional(field(shape, "layer"), (of) => ({
		diffId: readDigest(field(of, "diffId")),
		size: asSize(field(of, "size")),
		unpackedBytes: asSize(field(of, "unpackedBytes")),
	}));
	return {
		key: readDigest(field(shape, "key")),
		description: text(field(shape, "description")),
		parts,
		createdAt: time(field(shape, "createdAt")),
		...(parent === undefined ? {} : { parent }),
		...(layer === undefined ? {} : { layer }),
	};
}

function readMount(shape: Shape): PortableMount {
	return {
		id: text(field(shape, "id")),
		blob: readDescriptor(field(shape, "blob")),
		diffId: readDigest(field(shape, "diffId")),
		size: asSize(field(shape, "size")),
	};
}

function text(shape: Shape): string {
	const value = asString(shape);
	if (value.length > maxTextLength) throw wrong(shape, `at most ${maxTextLength} characters`);
	return value;
}

function time(shape: Shape): string {
	const value = asString(shape);
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value) || Number.isNaN(Date.parse(value)))
		throw wrong(shape, "a time");
	return value;
}
