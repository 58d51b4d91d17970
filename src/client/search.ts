import type { ImageSearchResponseItem } from "../api/index.ts";
import type { RegistryCredentials } from "./images.ts";
import { callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import type { Filters } from "./transport/request.ts";

/** Repositories whose name has the term, at Docker Hub or the registry that it begins with. */
export function imageSearch(
	engine: Engine,
	query: { term: string; limit?: number; filters?: Filters },
	options: { auth?: RegistryCredentials } = {},
): Promise<ImageSearchResponseItem[]> {
	const { auth } = options;
	const headers: Record<string, string> = {};
	if (auth !== undefined)
		headers["X-Registry-Auth"] = Buffer.from(JSON.stringify(auth)).toString("base64url");
	return callJson(engine, { method: "GET", path: "/images/search", query, headers });
}
