import { inspectRemote } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Registry, SearchResult } from "../../registry/index.ts";
import type { DistributionBackend } from "../../server/index.ts";
import { registryAuth } from "./registry-auth.ts";

/** Registries asked on a client's behalf, as the routes want it. */
export function distributionBackend(registry: Registry): DistributionBackend {
	return {
		async inspect(reference, { auth, signal }) {
			const options = { signal, ...(auth === undefined ? {} : { auth: registryAuth(auth) }) };
			const { descriptor, platforms } = await inspectRemote(registry, reference, options);
			return { Descriptor: descriptor, Platforms: [...platforms] };
		},
		async search({ term, limit, filters, auth }, signal) {
			const matches = searchFilter(filters);
			const { domain, rest } = splitTerm(term);
			const found = await registry.search(domain, {
				term: rest,
				limit,
				signal,
				...(auth === undefined ? {} : { auth: registryAuth(auth) }),
			});
			return found.filter(matches).map((result) => ({
				name: domain === "docker.io" ? result.name : `${domain}/${result.name}`,
				description: result.description,
				star_count: result.stars,
				is_official: result.isOfficial,
				is_automated: result.isAutomated,
			}));
		},
	};
}

/** `localhost:5000/app`: a registry before the first slash, else Docker Hub. */
function splitTerm(term: string): { domain: string; rest: string } {
	if (term === "") throw new EngineError("invalid_argument", "invalid search term: it is empty");
	if (term.includes("://"))
		throw new EngineError(
			"invalid_argument",
			`invalid repository name: repository name (${term}) must not have a scheme`,
		);
	const slash = term.indexOf("/");
	const first = slash === -1 ? "" : term.slice(0, slash);
	if (!/[.:]/.test(first) && first !== "localhost") return { domain: "docker.io", rest: term };
	if (!/^[A-Za-z0-9.-]+(?::[0-9]{1,5})?$/.test(first))
		throw new EngineError("invalid_argument", `invalid search term ${JSON.stringify(term.slice(0, 200))}`);
	return { domain: first === "index.docker.io" ? "docker.io" : first, rest: term.slice(slash + 1) };
}

function searchFilter(filters: ReadonlyMap<string, readonly string[]>): (result: SearchResult) => boolean {
	const checks: ((result: SearchResult) => boolean)[] = [];
	for (const [key, values] of filters) {
		const value = values[0] ?? "";
		const invalid = () =>
			new EngineError("invalid_argument", `invalid filter '${key}=[${values.join(" ")}]'`);
		if (key === "stars") {
			if (!/^[0-9]{1,9}$/.test(value)) throw invalid();
			checks.push(({ stars }) => stars >= Number(value));
		} else if (key === "is-official" || key === "is-automated") {
			if (!/^(true|false|1|0)$/.test(value)) throw invalid();
			const wanted = value === "true" || value === "1";
			checks.push((result) => (key === "is-official" ? result.isOfficial : result.isAutomated) === wanted);
		} else throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
	return (result) => checks.every((check) => check(result));
}
