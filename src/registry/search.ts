import { EngineError } from "../lib/index.ts";
import { authorize } from "./authorize.ts";
import { parseChallenges } from "./challenge.ts";
import type { RegistryAuth, SearchOptions, SearchResult } from "./contract.ts";
import type { Endpoint } from "./endpoint.ts";
import { type HttpResponse, readBody, send } from "./http.ts";
import type { Patience } from "./patience.ts";
import { type RetryPolicy, withRetry } from "./retry.ts";

interface Searching extends SearchOptions {
	readonly domain: string;
	readonly retry: RetryPolicy;
	readonly userAgent: string;
	readonly patience: Patience;
}

const maxAnswerBytes = 4 * 1024 * 1024;
const catalogPage = 1_000;
const maxCatalogPages = 100;
const hubSearchOrigin = "https://index.docker.io";

/**
 * Looks for repositories by a part of their name: by Docker Hub's search (`/v1/search`) where there is one, else in
 * the registry's catalog, which knows neither stars nor descriptions.
 */
export async function searchRegistry(endpoint: Endpoint, options: Searching): Promise<SearchResult[]> {
	const { term, limit, domain, signal } = options;
	const isHub = domain === "docker.io";
	const origin = isHub ? hubSearchOrigin : await endpoint.origin(signal);
	const get = getter(endpoint, { origin, options });
	const url = new URL(`${origin}/v1/search`);
	url.searchParams.set("q", term);
	url.searchParams.set("n", String(limit));
	const response = await get(url);
	if (response.status === 200) return readResults(await readJson(response), response.url).slice(0, limit);
	response.discard();
	if (isHub)
		throw new EngineError("unavailable", `Get "${origin}/v1/search": unexpected status ${response.status}`);
	return await searchCatalog(get, { origin, term, limit });
}

type Get = (url: URL) => Promise<HttpResponse>;

function getter(endpoint: Endpoint, { origin, options }: { origin: string; options: Searching }): Get {
	const { retry, userAgent, patience, signal, auth } = options;
	const { tls } = endpoint;
	let authorization: string | undefined;
	const once = (url: URL) =>
		withRetry(retry, signal, () =>
			send({
				method: "GET",
				url,
				headers: {
					"user-agent": userAgent,
					...(authorization === undefined ? {} : { authorization }),
				},
				...{ signal, tls, patience },
			}),
		);
	return async (url) => {
		const response = await once(url);
		const challenge = response.headers["www-authenticate"];
		if (response.status !== 401 || challenge === undefined || auth === undefined) return response;
		response.discard();
		const { header } = await authorize({
			challenges: parseChallenges(challenge),
			scopes: ["registry:catalog:*"],
			...{ auth: auth as RegistryAuth, origin, signal, tls, patience, retry },
		});
		authorization = header.reveal();
		return once(url);
	};
}

/** https://distribution.github.io/distribution/spec/api/#listing-repositories */
async function searchCatalog(
	get: Get,
	{ origin, term, limit }: { origin: string; term: string; limit: number },
): Promise<SearchResult[]> {
	const found: SearchResult[] = [];
	let last = "";
	for (let page = 0; page < maxCatalogPages && found.length < limit; page++) {
		const url = new URL(`${origin}/v2/_catalog`);
		url.searchParams.set("n", String(catalogPage));
		if (last !== "") url.searchParams.set("last", last);
		const response = await get(url);
		if (response.status !== 200) {
			response.discard();
			if (response.status === 401)
				throw new EngineError(
					"unauthorized",
					`Get "${origin}/v2/_catalog": unauthorized: authentication required`,
				);
			if (response.status === 404 && page > 0) break;
			throw new EngineError(
				"unavailable",
				`Get "${origin}/v2/_catalog": unexpected status ${response.status}`,
			);
		}
		const names = readNames(await readJson(response), response.url);
		for (const name of names) if (name.includes(term)) found.push(bare(name));
		if (response.headers.link === undefined || names.length === 0 || names.at(-1)! <= last) break;
		last = names.at(-1)!;
	}
	return found.slice(0, limit);
}

function bare(name: string): SearchResult {
	return { name, description: "", stars: 0, isOfficial: false, isAutomated: false };
}

function readNames(value: unknown, url: URL): string[] {
	const names = (value as { repositories?: unknown } | null)?.repositories;
	if (
		Array.isArray(names) &&
		names.every((name) => typeof name === "string" && /^[a-z0-9._/-]{1,255}$/.test(name))
	)
		return names as string[];
	throw new EngineError("corrupt", `${url.origin}${url.pathname} is no list of repositories`);
}

function readResults(value: unknown, url: URL): SearchResult[] {
	const results = (value as { results?: unknown } | null)?.results;
	if (!Array.isArray(results))
		throw new EngineError("corrupt", `${url.origin}${url.pathname} is no list of search results`);
	return results.map((entry: Record<string, unknown> | null) => {
		const { name, description, star_count, is_official, is_automated } = entry ?? {};
		if (typeof name !== "string")
			throw new EngineError("corrupt", `${url.origin}${url.pathname} has a result without a name`);
		return {
			name: printable(name),
			description: typeof description === "string" ? printable(description) : "",
			stars: Number.isSafeInteger(star_count) ? (star_count as number) : 0,
			isOfficial: is_official === true,
			isAutomated: is_automated === true,
		};
	});
}

async function readJson(response: HttpResponse): Promise<unknown> {
	const text = Buffer.from(await readBody(response, maxAnswerBytes)).toString();
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new EngineError("corrupt", `${response.url.origin}${response.url.pathname} is not valid JSON`, {
			cause,
		});
	}
}

/** Foreign text ends in terminals. */
function printable(text: string): string {
	return text.replace(/[\x00-\x1f\x7f-\x9f]/g, " ").slice(0, 1000);
}
