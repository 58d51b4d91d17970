import { EngineError, type Secret } from "../lib/index.ts";
import type { Reference } from "../oci/index.ts";
import { answerError } from "./answer-error.ts";
import { authorize } from "./authorize.ts";
import { parseChallenges } from "./challenge.ts";
import type { OpenOptions } from "./contract.ts";
import type { Endpoint } from "./endpoint.ts";
import { type HttpRequest, type HttpResponse, send } from "./http.ts";
import type { Patience } from "./patience.ts";
import { type RetryPolicy, withRetry } from "./retry.ts";

export interface SessionOptions extends OpenOptions {
	readonly reference: Reference;
	readonly endpoint: Endpoint;
	readonly retry: RetryPolicy;
	readonly userAgent: string;
	readonly patience: Patience;
}

export interface SessionRequest {
	readonly method: HttpRequest["method"];
	/** Below `/v2/<name>/`, or an address that the registry gave. */
	readonly to: string | URL;
	readonly headers?: Readonly<Record<string, string>>;
	/** Made anew for each attempt. */
	readonly body?: () => NonNullable<HttpRequest["body"]>;
	/** Statuses that the caller handles itself; others are thrown. Default: 200 and its kin. */
	readonly accept?: readonly number[];
	/** False when the caller repeats for itself. */
	readonly retry?: boolean;
	/** A scope beside the repository's own, for mounting from another. */
	readonly scope?: string;
}

/** One operation's way to a repository: authorises, repeats what failed in passing, turns refusals into errors. */
export interface Session {
	readonly options: SessionOptions;
	request(request: SessionRequest): Promise<HttpResponse>;
}

export function openSession(options: SessionOptions): Session {
	const { reference, endpoint, signal, actions, auth, retry, userAgent, patience } = options;
	const { tls } = endpoint;
	const repository = `${endpoint.namePrefix}${reference.path}`;
	let authorization: Secret | undefined;
	let authorizing: Promise<void> | undefined;
	let scopes: readonly string[] = [`repository:${repository}:${actions}`];

	const attempt = (request: SessionRequest, { url, origin }: Target): Promise<HttpResponse> => {
		// A token is for the registry, not for the store that it sends us to.
		const header = url.origin === origin ? authorization?.reveal() : undefined;
		return send({
			method: request.method,
			url,
			headers: {
				"user-agent": userAgent,
				...request.headers,
				...(header === undefined ? {} : { authorization: header }),
			},
			...(request.body === undefined ? {} : { body: request.body() }),
			...{ signal, tls, patience },
		});
	};

	// Requests that are refused at the same time share one new token.
	const renew = async (challenge: string, origin: string): Promise<void> => {
		const answer = {
			challenges: parseChallenges(challenge),
			scopes,
			auth: endpoint.credentials === undefined ? auth : await endpoint.credentials(),
			origin,
			signal,
			tls,
			patience,
			retry,
		};
		({ header: authorization } = await authorize(answer));
	};

	const authorized = async (request: SessionRequest, target: Target): Promise<HttpResponse> => {
		const shown = authorization;
		const response = await attempt(request, target);
		const challenge = response.headers["www-authenticate"];
		if (response.status !== 401 || challenge === undefined || response.url.origin !== target.origin)
			return response;
		response.discard();
		if (authorization === shown) {
			authorizing ??= renew(challenge, target.origin).finally(() => {
				authorizing = undefined;
			});
			await authorizing;
		}
		return attempt(request, target);
	};

	return {
		options,
		async request(request) {
			if (request.scope !== undefined && !scopes.includes(request.scope)) {
				scopes = [...scopes, request.scope];
				authorization = undefined;
			}
			const origin = await endpoint.origin(signal);
			const url =
				typeof request.to === "string" ? new URL(`${origin}/v2/${repository}/${request.to}`) : request.to;
			const once = () => authorized(request, { url, origin });
			const response = request.retry === false ? await once() : await withRetry(retry, signal, once);
			if (isAccepted(response.status, request.accept)) return response;
			throw await answerError(response, { reference, actions });
		},
	};
}

interface Target {
	readonly url: URL;
	readonly origin: string;
}

function isAccepted(status: number, accept: readonly number[] | undefined): boolean {
	return (status >= 200 && status < 300) || (accept?.includes(status) ?? false);
}

/** The answer to a request that must have a header. */
export function requiredHeader(response: HttpResponse, name: string): string {
	const value = response.headers[name];
	if (typeof value === "string") return value;
	throw new EngineError("corrupt", `${response.url.origin}${response.url.pathname} answered without ${name}`);
}
