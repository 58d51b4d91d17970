import { EngineError } from "../lib/index.ts";
import { authorize } from "./authorize.ts";
import { parseChallenges } from "./challenge.ts";
import type { RegistryAuth } from "./contract.ts";
import type { Endpoint } from "./endpoint.ts";
import { send } from "./http.ts";
import type { Patience } from "./patience.ts";
import { type RetryPolicy, withRetry } from "./retry.ts";

interface LoginOptions {
	readonly auth: RegistryAuth;
	readonly retry: RetryPolicy;
	readonly userAgent: string;
	readonly patience: Patience;
	readonly signal?: AbortSignal | undefined;
}

/** Asks the registry's front page with and without the credentials. */
export async function login(
	endpoint: Endpoint,
	{ auth, retry, userAgent, patience, signal }: LoginOptions,
): Promise<{ readonly identityToken?: string }> {
	const { tls } = endpoint;
	const origin = await endpoint.origin(signal);
	const url = new URL(`${origin}/v2/`);
	const get = (headers: Record<string, string>) =>
		withRetry(retry, signal, () =>
			send({ method: "GET", url, headers: { "user-agent": userAgent, ...headers }, signal, tls, patience }),
		);
	const open = await get({});
	open.discard();
	if (open.status === 200) return {};
	const challenge = open.headers["www-authenticate"];
	if (open.status !== 401 || challenge === undefined)
		throw new EngineError("unavailable", `Get "${url}": unexpected status ${open.status}`);
	const { header, identityToken } = await authorize({
		challenges: parseChallenges(challenge),
		scopes: [],
		auth,
		...{ origin, signal, tls, patience, retry },
	});
	const answer = await get({ authorization: header.reveal() });
	answer.discard();
	if (answer.status === 401)
		throw new EngineError("unauthorized", `Get "${url}": unauthorized: incorrect username or password`);
	if (answer.status !== 200)
		throw new EngineError("unavailable", `Get "${url}": unexpected status ${answer.status}`);
	return identityToken === undefined ? {} : { identityToken };
}
