import { EngineError } from "../lib/index.ts";
import {
	bestPlatform,
	type Descriptor,
	type Digest,
	familiarReference,
	formatPlatform,
	type ImageConfigFile,
	type Index,
	isRunnableOn,
	type Manifest,
	maxConfigBytes,
	type Platform,
	parseImageConfig,
	parseManifestDocument,
	type Reference,
} from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";
import { checkMediaTypes } from "./check-media-types.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord } from "./contract.ts";
import { download } from "./download.ts";
import type { Pulling } from "./pulling.ts";

export interface ResolvedImage {
	/** What the reference named: the index's digest when there is one. */
	readonly topDigest: Digest;
	readonly manifestDigest: Digest;
	readonly manifest: Manifest;
	readonly bytes: Uint8Array;
	/** On the way from the top to the manifest, outermost first; empty when the reference named the manifest. */
	readonly indexes: readonly FetchedIndex[];
}

export interface FetchedIndex {
	readonly descriptor: Descriptor;
	readonly index: Index;
	readonly bytes: Uint8Array;
}

const maxNesting = 4;

/** The manifest for the wanted platform behind a reference. */
export async function resolveManifest(
	repository: Repository,
	reference: Reference,
	wanted: Platform,
): Promise<ResolvedImage> {
	let fetched = await repository.manifest(reference.digest ?? reference.tag!);
	const topDigest = fetched.digest;
	let { mediaType } = fetched;
	const indexes: FetchedIndex[] = [];
	for (let nesting = 0; nesting <= maxNesting; nesting++) {
		const document = parseManifestDocument(fetched.bytes, `manifest ${fetched.digest}`, mediaType);
		if (document.kind === "manifest") {
			checkMediaTypes(document.manifest, { digest: fetched.digest });
			const { digest, bytes } = fetched;
			return { topDigest, manifestDigest: digest, manifest: document.manifest, bytes, indexes };
		}
		const { digest, bytes } = fetched;
		const descriptor = { mediaType: document.mediaType, digest, size: bytes.length };
		indexes.push({ descriptor, index: document.index, bytes });
		const chosen = choose(document.index, wanted);
		fetched = await repository.manifest(chosen.digest);
		mediaType = chosen.mediaType;
	}
	throw new EngineError("corrupt", `index ${topDigest} is nested too deep`);
}

function choose({ manifests }: Index, wanted: Platform): Descriptor {
	const best = bestPlatform(
		manifests.map((entry) => entry.platform),
		wanted,
	);
	const chosen = manifests[best];
	if (chosen !== undefined) return chosen;
	throw new EngineError(
		"not_found",
		`no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`,
	);
}

/** Brings the config, checks that it fits the manifest and the platform. */
export async function fetchImageConfig(
	context: ImagesContext,
	{ repository, lease, signal, reference }: Pulling,
	{ resolved, wanted }: { resolved: ResolvedImage; wanted: Platform },
): Promise<ImageConfigFile> {
	const { manifest, manifestDigest } = resolved;
	const { digest, size } = manifest.config;
	if (size > maxConfigBytes)
		throw new EngineError(
			"too_large",
			`image config ${digest} has ${size} bytes, more than ${maxConfigBytes}`,
		);
	await download(context, repository, {
		descriptor: manifest.config,
		options: { lease, signal, maxBytes: maxConfigBytes },
	});
	const bytes = await context.content.read(digest, maxConfigBytes);
	const config = parseImageConfig(bytes, `image config ${digest}`);
	checkPlatform(config, { wanted, name: familiarReference(reference) });
	const expected = config.rootfs.diff_ids.length;
	if (expected !== manifest.layers.length) {
		throw new EngineError(
			"corrupt",
			`manifest ${manifestDigest} has ${manifest.layers.length} layers, its config ${expected}`,
		);
	}
	return config;
}

function checkPlatform(config: ImageConfigFile, { wanted, name }: { wanted: Platform; name: string }): void {
	// Some builders leave the architecture out.
	if (config.architecture === "" && config.os === wanted.os) return;
	if (isRunnableOn(config, wanted)) return;
	throw new EngineError(
		"not_found",
		`image with reference ${name} was found but does not match the specified platform: ` +
			`wanted ${formatPlatform(wanted)}, actual: ${formatPlatform(config)}`,
	);
}

/** `not_found` with Docker's text when an image that is here is for another platform than a container wants. */
export function requirePlatform(image: ImageRecord, wanted: Platform, name: string): void {
	checkPlatform(image.config, { wanted, name });
}
