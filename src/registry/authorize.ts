import { EngineError, Secret } from "../lib/index.ts";
import type { Challenge } from "./challenge.ts";
import type { RegistryAuth } from "./contract.ts";
import { isLoopback, type TlsLookup } from "./endpoint.ts";
import { type HttpResponse, readBody, send } from "./http.ts";
import type { Patience } from "./patience.ts";
import { type RetryPolicy, withRetry } from "./retry.ts";

export interface AuthorizeOptions {
	readonly challenges: readonly Challenge[];
	/** `repository:library/busybox:pull`. */
	readonly scopes: readonly string[];
	readonly auth: RegistryAuth | undefined;
	/** The registry that challenged. */
	readonly origin: string;
	readonly signal?: AbortSignal | undefined;
	readonly tls: TlsLookup;
	readonly patience: Patience;
	readonly retry: RetryPolicy;
}

export interface Authorization {
	/** Value of the `Authorization` header. */
	readonly header: Secret;
	readonly identityToken?: string;
}

const maxTokenBytes = 1024 * 1024;
const clientId = "hull";

/** Answers a 401: the header to try again with. `unauthorized` when there is nothing to answer with. */
export async function authorize(options: AuthorizeOptions): Promise<Authorization> {
	const { challenges, auth } = options;
	const bearer = challenges.find(({ scheme }) => scheme === "bearer");
	if (bearer !== undefined) {
		if (auth?.registryToken) return { header: new Secret(`Bearer ${auth.registryToken}`) };
		return fetchToken(bearer, options);
	}
	if (!challenges.some(({ scheme }) => scheme === "basic"))
		throw new EngineError(
			"unauthorized",
			`${options.origin} wants an authentication that hull does not have`,
		);
	const basic = basicHeader(auth);
	if (basic === undefined) throw new EngineError("unauthorized", "no basic auth credentials");
	return { header: new Secret(basic) };
}

function basicHeader(auth: RegistryAuth | undefined): string | undefined {
	if (!auth?.username) return undefined;
	return `Basic ${Buffer.from(`${auth.username}:${auth.password ?? ""}`).toString("base64")}`;
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
async function fetchToken(challenge: Challenge, options: AuthorizeOptions): Promise<Authorization> {
	const { auth, signal, tls, patience, retry } = options;
	const realm = checkRealm(challenge.parameters.get("realm"), options);
	const service = challenge.parameters.get("service");
	const identityToken = auth?.identityToken;
	const response = await withRetry(retry, signal, () =>
		identityToken
			? refresh(realm, { service, ...options, identityToken })
			: send({
					method: "GET",
					url: tokenUrl(realm, { service, ...options }),
					headers: tokenHeaders(auth),
					...{ signal, tls, patience },
				}),
	);
	if (response.status !== 200) throw await tokenError(response, auth);
	return readToken(response);
}

/** Credentials go only where TLS or this machine's own wire takes them, unless the registry itself is plain. */
function checkRealm(text: string | undefined, { origin }: AuthorizeOptions): URL {
	if (text === undefined || !URL.canParse(text))
		throw new EngineError("corrupt", `${origin} names no valid realm to get a token from`);
	const realm = new URL(text);
	const plain = realm.protocol === "http:" && (origin.startsWith("http:") || isLoopback(realm.host));
	if (realm.protocol !== "https:" && !plain)
		throw new EngineError("forbidden", `${origin} sends credentials to ${realm.origin}, which has no TLS`);
	return realm;
}

function tokenUrl(
	realm: URL,
	{ service, scopes, auth }: AuthorizeOptions & { service: string | undefined },
): URL {
	const url = new URL(realm);
	if (service !== undefined) url.searchParams.set("service", service);
	for (const scope of scopes) url.searchParams.append("scope", scope);
	if (auth?.username) {
		url.searchParams.set("account", auth.username);
		url.searchParams.set("client_id", clientId);
		url.searchParams.set("offline_token", "true");
	}
	return url;
}

function tokenHeaders(auth: RegistryAuth | undefined): Record<string, string> {
	const basic = basicHeader(auth);
	return basic === undefined ? {} : { authorization: basic };
}

/** https://distribution.github.io/distribution/spec/auth/oauth/ */
function refresh(
	url: URL,
	options: AuthorizeOptions & { service: string | undefined; identityToken: string },
): Promise<HttpResponse> {
	const form = new URLSearchParams({
		grant_type: "refresh_token",
		refresh_token: options.identityToken,
		client_id: clientId,
		scope: options.scopes.join(" "),
		...(options.service === undefined ? {} : { service: options.service }),
	});
	const bytes = Buffer.from(form.toString());
	return send({
		method: "POST",
		url,
		headers: { "content-type": "application/x-www-form-urlencoded" },
		body: { bytes: once(bytes), length: bytes.length },
		signal: options.signal,
		tls: options.tls,
		patience: options.patience,
	});
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}

async function readToken(response: HttpResponse): Promise<Authorization> {
	const body = Buffer.from(await readBody(response, maxTokenBytes)).toString();
	const answer = parseObject(body);
	const token = answer?.["token"] ?? answer?.["access_token"];
	// Nothing that could end the header line.
	if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token))
		throw new EngineError("unauthorized", "authorization server did not include a token in the response");
	const identityToken = answer?.["refresh_token"];
	return {
		header: new Secret(`Bearer ${token}`),
		...(typeof identityToken === "string" ? { identityToken } : {}),
	};
}

function parseObject(text: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}

async function tokenError(response: HttpResponse, auth: RegistryAuth | undefined): Promise<EngineError> {
	response.discard();
	const where = `${response.url.origin}${response.url.pathname}`;
	if (response.status === 401 || response.status === 403) {
		const reason =
			auth?.username || auth?.identityToken ? "incorrect username or password" : "authentication required";
		return new EngineError("unauthorized", `Get "${where}": unauthorized: ${reason}`);
	}
	return new EngineError(
		"unavailable",
		`Get "${where}": unexpected status ${response.status} of the token server`,
	);
}
