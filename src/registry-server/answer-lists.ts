import { type Descriptor, type Index, mediaTypes } from "../oci/index.ts";
import type { RegistryContext } from "./context.ts";
import type { PushedManifest } from "./contract.ts";
import { keptReferrers } from "./kept-manifests.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import type { RegistryCall } from "./registry-call.ts";
import { RegistryError } from "./registry-error.ts";

/** What a list has when nobody says. */
const defaultPage = 1_000;
const maxPage = 10_000;

/** `GET` of `/v2/`, the catalog, a repository's tags and what refers to a manifest. */
export async function answerLists(
	context: RegistryContext,
	call: RegistryCall<"base" | "catalog" | "tags" | "referrers">,
): Promise<void> {
	const { path, query, exchange } = call;
	const { request, response } = exchange;
	if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed(request.method);
	const { repositories } = context;
	const send = (value: unknown, headers: Record<string, string> = {}) =>
		response.send(200, { "Content-Type": "application/json", ...headers }, JSON.stringify(value));
	switch (path.kind) {
		case "base":
			return send({});
		case "catalog": {
			const { items, headers } = page("/v2/_catalog", repositories.names(), query);
			return send({ repositories: items }, headers);
		}
		case "tags": {
			if (!repositories.has(path.repository))
				throw new RegistryError(404, "NAME_UNKNOWN", `repository ${path.name} is not known to the registry`);
			const tags = repositories.tags(path.repository);
			const { items, headers } = page(`/v2/${path.name}/tags/list`, tags, query);
			return send({ name: path.name, tags: items }, headers);
		}
		case "referrers": {
			const wanted = query.get("artifactType") ?? undefined;
			const pushed = repositories.referrers(path.repository, path.digest).map(descriptorOf);
			const kept = await keptReferrers(context, path.repository, path.digest);
			const all = [...new Map([...kept, ...pushed].map((one) => [one.digest, one])).values()];
			const found = wanted === undefined ? all : all.filter(({ artifactType }) => artifactType === wanted);
			const index: Index = {
				schemaVersion: 2,
				mediaType: mediaTypes.ociIndex,
				manifests: found,
			};
			const filtered = wanted === undefined ? undefined : { "OCI-Filters-Applied": "artifactType" };
			return send(index, { "Content-Type": mediaTypes.ociIndex, ...filtered });
		}
		default:
			path satisfies never;
	}
}

/** The part after `last`, `n` at most, and where the next one is. */
function page(
	path: string,
	all: readonly string[],
	query: URLSearchParams,
): { items: readonly string[]; headers: Record<string, string> } {
	const asked = query.get("n");
	if (asked !== null && !/^[0-9]{1,9}$/.test(asked))
		throw new RegistryError(400, "UNSUPPORTED", `invalid number of results n=${asked}`);
	const count = Math.min(asked === null ? defaultPage : Number(asked), maxPage);
	const last = query.get("last") ?? "";
	const rest = last === "" ? all : all.filter((item) => item > last);
	const items = rest.slice(0, count);
	if (items.length === rest.length || items.length === 0) return { items, headers: {} };
	const next = new URLSearchParams({ n: String(count), last: items.at(-1)! });
	return { items, headers: { Link: `<${path}?${next}>; rel="next"` } };
}

function descriptorOf(manifest: PushedManifest): Descriptor {
	const { mediaType, digest, size, artifactType, annotations } = manifest;
	return {
		mediaType,
		digest,
		size,
		...(artifactType === undefined ? {} : { artifactType }),
		...(annotations === undefined ? {} : { annotations: { ...annotations } }),
	};
}
