import { EngineError } from "../lib/index.ts";
import { digestOf, isDigest, maxManifestBytes, mediaTypes } from "../oci/index.ts";
import type { FetchedManifest } from "./contract.ts";
import { readBody } from "./http.ts";
import type { Session } from "./session.ts";

/** Registries answer "not found" where the kind of a manifest is not named here; they do not know wildcards. */
export const manifestTypes = [
	mediaTypes.ociIndex,
	mediaTypes.ociManifest,
	mediaTypes.dockerManifestList,
	mediaTypes.dockerManifest,
].join(", ");

/** Gets a manifest or index, bounded, and checks it against the digest that was asked for or announced. */
export async function fetchManifest(session: Session, tagOrDigest: string): Promise<FetchedManifest> {
	const response = await session.request({
		method: "GET",
		to: `manifests/${tagOrDigest}`,
		headers: { accept: manifestTypes },
	});
	const bytes = await readBody(response, maxManifestBytes);
	const digest = digestOf(bytes);
	const announced = response.headers["docker-content-digest"];
	const expected = isDigest(tagOrDigest) ? tagOrDigest : announced;
	if (isDigest(expected) && expected !== digest)
		throw new EngineError("corrupt", `manifest verification failed for digest ${expected}: it is ${digest}`);
	const type = response.headers["content-type"]?.split(";", 1)[0]?.trim();
	return { digest, mediaType: type, bytes };
}

const maxTagsBytes = 4 * 1024 * 1024;
const maxPages = 1_000;

/** All tags of the repository. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#content-discovery */
export async function fetchTags(session: Session): Promise<string[]> {
	const tags: string[] = [];
	let next: string | URL | undefined = "tags/list";
	for (let page = 0; next !== undefined && page < maxPages; page++) {
		const response = await session.request({ method: "GET", to: next });
		const text = Buffer.from(await readBody(response, maxTagsBytes)).toString();
		for (const tag of readTags(text, response.url)) tags.push(tag);
		next = nextPage(response.headers.link, response.url);
	}
	return tags;
}

function readTags(text: string, url: URL): string[] {
	try {
		const { tags } = JSON.parse(text) as { tags?: unknown };
		if (tags === null || tags === undefined) return [];
		if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string" && /^\w[\w.-]{0,127}$/.test(tag)))
			return tags as string[];
	} catch {
		// The same error as for a wrong shape.
	}
	throw new EngineError("corrupt", `${url.origin}${url.pathname} is no list of tags`);
}

/** Stays on the registry: a list has no business elsewhere. */
function nextPage(link: string | string[] | undefined, base: URL): URL | undefined {
	const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(link ?? ""))?.[1];
	if (target === undefined || !URL.canParse(target, base.href)) return undefined;
	const url = new URL(target, base);
	return url.origin === base.origin ? url : undefined;
}
