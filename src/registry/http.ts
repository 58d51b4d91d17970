import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";
import { EngineError, errnoOf } from "../lib/index.ts";
import { isLoopback, type TlsLookup } from "./endpoint.ts";
import { defaultPatience, type Patience, watchSpeed } from "./patience.ts";

export interface HttpRequest {
	readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	/** With its length, so that it is sent unchunked. */
	readonly body?: { readonly bytes: AsyncIterable<Uint8Array>; readonly length: number };
	readonly signal?: AbortSignal | undefined;
	/** Certificates by host; absent: the system's authorities. */
	readonly tls?: TlsLookup;
	readonly patience?: Patience;
}

/** An answer whose body has not been read. Read it ({@link readBody}), stream it, or {@link HttpResponse.discard} it. */
export interface HttpResponse {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly body: AsyncIterable<Uint8Array>;
	/** Where the answer came from, after redirects. */
	readonly url: URL;
	discard(): void;
}

const maxRedirects = 10;

/**
 * Sends a request. Redirects of GET and HEAD are followed; credentials are not handed to another host, and no
 * redirect leads from https to http.
 */
export async function send(request: HttpRequest): Promise<HttpResponse> {
	let { url, headers } = request;
	for (let redirects = 0; ; redirects++) {
		const response = await exchange({ ...request, url, headers });
		const location = response.headers.location;
		const follows = request.method === "GET" || request.method === "HEAD";
		if (!follows || location === undefined || ![301, 302, 303, 307, 308].includes(response.status))
			return response;
		response.discard();
		if (redirects === maxRedirects)
			throw new EngineError("unavailable", `${request.url}: more than ${maxRedirects} redirects`);
		const next = redirectTarget(location, url);
		if (next.origin !== url.origin) {
			const { authorization: _, ...others } = headers as Record<string, string> & { authorization?: string };
			headers = others;
		}
		url = next;
	}
}

/** Checks an address that a registry gave. */
export function redirectTarget(location: string, base: URL): URL {
	if (!URL.canParse(location, base.href))
		throw new EngineError(
			"corrupt",
			`${base.origin} redirects to ${JSON.stringify(location)}, which is no address`,
		);
	const target = new URL(location, base);
	if (target.protocol !== "https:" && target.protocol !== "http:")
		throw new EngineError(
			"forbidden",
			`${base.origin} redirects to ${target.protocol}, which is not followed`,
		);
	if (base.protocol === "https:" && target.protocol === "http:" && !isLoopback(target.host))
		throw new EngineError("forbidden", `${base.origin} redirects to ${target.origin} without TLS`);
	return target;
}

/** The whole body, `too_large` beyond `maxBytes`. */
export async function readBody(response: HttpResponse, maxBytes: number): Promise<Uint8Array> {
	const parts: Uint8Array[] = [];
	let size = 0;
	for await (const part of response.body) {
		size += part.length;
		if (size > maxBytes) {
			response.discard();
			throw new EngineError("too_large", `${response.url.origin} answered with more than ${maxBytes} bytes`);
		}
		parts.push(part);
	}
	return Buffer.concat(parts);
}

async function exchange(request: HttpRequest): Promise<HttpResponse> {
	const { url, body, signal } = request;
	if (signal?.aborted) throw cancelled(signal);
	const { request: open } =
		url.protocol === "https:" ? await import("node:https") : await import("node:http");
	const options: RequestOptions = {
		method: request.method,
		headers: {
			...request.headers,
			// Blobs are named by the digest of the bytes as they are stored: no transfer compression.
			"accept-encoding": "identity",
			...(body === undefined ? {} : { "content-length": String(body.length) }),
		},
		...(url.protocol === "https:" ? request.tls?.(url) : {}),
		...(signal === undefined ? {} : { signal }),
	};
	const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
	const outgoing = open(url, options);
	let failure: unknown;
	const fail = (error: unknown) => {
		failure ??= error;
		reject(error);
	};
	outgoing.on("response", resolve);
	outgoing.on("error", fail);
	outgoing.on("close", () => fail(Object.assign(new Error("connection closed"), { code: "ECONNRESET" })));
	const { silenceMs } = request.patience ?? defaultPatience;
	outgoing.setTimeout(silenceMs, () => {
		outgoing.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
	});
	try {
		if (body !== undefined) await sendBody(outgoing, body.bytes, answered);
		outgoing.end();
		const incoming = await answered;
		return {
			status: incoming.statusCode ?? 0,
			headers: incoming.headers,
			body: readIncoming(incoming, { request, failure: () => failure }),
			url,
			discard: () => {
				incoming.destroy();
				outgoing.destroy();
			},
		};
	} catch (error) {
		outgoing.destroy();
		throw translate(error, request);
	}
}

type Outgoing = ReturnType<typeof import("node:http").request>;

/** Stops early when an answer comes before the end: a refusal does not wait for the body. */
async function sendBody(
	outgoing: Outgoing,
	bytes: AsyncIterable<Uint8Array>,
	answered: Promise<IncomingMessage>,
): Promise<void> {
	let early = false;
	const answer = answered.then(() => {
		early = true;
	});
	// A failure is thrown by whoever awaits the answer.
	answer.catch(() => {});
	for await (const piece of bytes) {
		if (early) return;
		if (outgoing.write(piece)) continue;
		const drained = new Promise<void>((resolve) => outgoing.once("drain", () => resolve()));
		await Promise.race([drained, answer]);
	}
}

async function* readIncoming(
	incoming: IncomingMessage,
	{ request, failure }: { request: HttpRequest; failure: () => unknown },
): AsyncIterable<Uint8Array> {
	const announced = Number(incoming.headers["content-length"] ?? Number.NaN);
	let size = 0;
	using speed = watchSpeed(request.patience ?? defaultPatience, () => {
		incoming.destroy(Object.assign(new Error("the answer comes too slowly"), { code: "ETIMEDOUT" }));
	});
	try {
		for await (const chunk of incoming) {
			speed.taken((chunk as Uint8Array).length);
			size += (chunk as Uint8Array).length;
			yield chunk as Uint8Array;
			speed.waiting();
		}
		// A connection that ends early is not an error to every version of the HTTP client.
		if (request.method !== "HEAD" && !Number.isNaN(announced) && size < announced)
			throw Object.assign(new Error("connection closed"), { code: "ECONNRESET" });
	} catch (error) {
		throw translate(failure() ?? error, request);
	} finally {
		incoming.destroy();
	}
}

function translate(error: unknown, { method, url, signal }: HttpRequest): unknown {
	if (signal?.aborted) return cancelled(signal);
	if (error instanceof EngineError) return error;
	const errno = errnoOf(error);
	if (errno === undefined && !(error instanceof Error)) return error;
	const verb = method[0] + method.slice(1).toLowerCase();
	const code = errno === "ETIMEDOUT" ? "timed_out" : "unavailable";
	return new EngineError(code, `${verb} "${withoutQuery(url)}": ${reasonOf(error as Error, url)}`, {
		cause: error,
	});
}

const reasons: Readonly<Record<string, string>> = {
	ECONNREFUSED: "connect: connection refused",
	ConnectionRefused: "connect: connection refused",
	ECONNRESET: "connection reset by peer",
	ENOTFOUND: "no such host",
	EAI_AGAIN: "temporary failure in name resolution",
	ETIMEDOUT: "i/o timeout",
	ENETUNREACH: "connect: network is unreachable",
	EHOSTUNREACH: "connect: no route to host",
};

const unknownAuthority = "certificate signed by unknown authority";
const certificateDoubts: Readonly<Record<string, string>> = {
	DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
	SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
	CERT_HAS_EXPIRED: "certificate has expired or is not yet valid",
	CERT_NOT_YET_VALID: "certificate has expired or is not yet valid",
	ERR_TLS_CERT_ALTNAME_INVALID: "certificate is valid for another name",
};

function reasonOf(error: Error, url: URL): string {
	const errno = errnoOf(error) ?? "";
	const reason = reasons[errno];
	if (reason !== undefined) return `dial tcp ${url.host}: ${reason}`;
	const doubt = certificateDoubts[errno];
	return doubt === undefined ? error.message : `tls: failed to verify certificate: x509: ${doubt}`;
}

/** Signed addresses carry credentials in their query. */
function withoutQuery(url: URL): string {
	return `${url.origin}${url.pathname}`;
}

function cancelled(signal: AbortSignal): EngineError {
	if (signal.reason instanceof EngineError) return signal.reason;
	return new EngineError("cancelled", "the request was cancelled", { cause: signal.reason });
}
