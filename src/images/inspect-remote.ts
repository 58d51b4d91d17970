import { EngineError } from "../lib/index.ts";
import {
	type Descriptor,
	digestOf,
	isDigest,
	isImageConfigType,
	type Manifest,
	maxConfigBytes,
	type Platform,
	parseImageConfig,
	parseManifestDocument,
	parseReference,
	withDefaultTag,
} from "../oci/index.ts";
import type { Registry, RegistryAuth, Repository } from "../registry/index.ts";

/** What a registry has under a name. */
export interface RemoteImage {
	readonly descriptor: Descriptor;
	/** Those of an index, or the one that the image's config names; none for what is no image. */
	readonly platforms: readonly Platform[];
}

/** Asks the registry for a name's descriptor and platforms; nothing is stored. */
export async function inspectRemote(
	registry: Registry,
	text: string,
	options: { readonly auth?: RegistryAuth; readonly signal?: AbortSignal },
): Promise<RemoteImage> {
	if (isDigest(text)) throw new EngineError("invalid_argument", `unknown image reference format: ${text}`);
	const reference = withDefaultTag(parseReference(text));
	const repository = registry.open(reference, { actions: "pull", ...options });
	const { digest, mediaType, bytes } = await repository.manifest(reference.digest ?? reference.tag!);
	const document = parseManifestDocument(bytes, `manifest ${digest}`, mediaType);
	const descriptor = { mediaType: document.mediaType, digest, size: bytes.length };
	const platforms =
		document.kind === "index"
			? document.index.manifests.flatMap(({ platform }) => (platform === undefined ? [] : [platform]))
			: await platformOf(repository, document.manifest);
	return { descriptor, platforms };
}

async function platformOf(repository: Repository, { config }: Manifest): Promise<Platform[]> {
	if (!isImageConfigType(config.mediaType)) return [];
	const parts: Uint8Array[] = [];
	let size = 0;
	for await (const part of repository.blob(config)) {
		size += part.length;
		if (size > Math.min(config.size, maxConfigBytes))
			throw new EngineError("corrupt", `image config ${config.digest} has more bytes than announced`);
		parts.push(part);
	}
	const bytes = Buffer.concat(parts);
	if (digestOf(bytes) !== config.digest)
		throw new EngineError("corrupt", `image config ${config.digest} has the digest ${digestOf(bytes)}`);
	const { os, architecture, variant } = parseImageConfig(bytes, `image config ${config.digest}`);
	return [{ os, architecture, ...(variant === undefined ? {} : { variant }) }];
}
