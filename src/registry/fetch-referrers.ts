import { EngineError, isEngineError } from "../lib/index.ts";
import {
	type Descriptor,
	type Digest,
	digestHex,
	maxManifestBytes,
	mediaTypes,
	parseManifestDocument,
} from "../oci/index.ts";
import { fetchManifest } from "./fetch-manifest.ts";
import { readBody } from "./http.ts";
import type { Session } from "./session.ts";

/**
 * Manifests that refer to one by their `subject`. A registry without that part of the API keeps them in an index
 * with a tag made of the digest. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
export async function fetchReferrers(
	session: Session,
	digest: Digest,
	artifactType: string | undefined,
): Promise<readonly Descriptor[]> {
	const bytes = (await fromApi(session, digest, artifactType)) ?? (await fromTag(session, digest));
	if (bytes === undefined) return [];
	const document = parseManifestDocument(bytes, `referrers of ${digest}`);
	if (document.kind !== "index") throw new EngineError("corrupt", `referrers of ${digest} are no index`);
	const { manifests } = document.index;
	// Registries need not filter.
	return artifactType === undefined
		? manifests
		: manifests.filter((entry) => entry.artifactType === artifactType);
}

async function fromApi(
	session: Session,
	digest: Digest,
	artifactType: string | undefined,
): Promise<Uint8Array | undefined> {
	const filter = artifactType === undefined ? "" : `?artifactType=${encodeURIComponent(artifactType)}`;
	const response = await session.request({
		method: "GET",
		to: `referrers/${digest}${filter}`,
		headers: { accept: mediaTypes.ociIndex },
		accept: [400, 404, 405],
	});
	if (response.status === 200) return readBody(response, maxManifestBytes);
	response.discard();
	return undefined;
}

async function fromTag(session: Session, digest: Digest): Promise<Uint8Array | undefined> {
	try {
		return (await fetchManifest(session, `sha256-${digestHex(digest)}`)).bytes;
	} catch (error) {
		if (isEngineError(error, "not_found")) return undefined;
		throw error;
	}
}
