import { delay, EngineError, errnoOf, isEngineError } from "../lib/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { type HttpResponse, redirectTarget, send } from "./http.ts";
import { backOffMs, isTemporary, withRetry } from "./retry.ts";
import type { Session } from "./session.ts";

/**
 * Streams a blob from a byte on. When the connection breaks or ends early, the rest is asked for by `Range`; a registry
 * that then sends the whole again has its first part skipped. Attempts count only while nothing arrives. A registry
 * that has no more ends the stream: that it is too short is for the reader to say.
 */
export async function* fetchBlob(
	session: Session,
	descriptor: Descriptor,
	from = 0,
): AsyncIterable<Uint8Array> {
	const { retry, signal } = session.options;
	const { size } = descriptor;
	let received = from;
	let failures = 0;
	while (true) {
		try {
			const response = await request(session, descriptor, received);
			if (response.status === 416) return response.discard();
			let skip = skipOf(response, received);
			for await (const chunk of response.body) {
				const part = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
				skip -= chunk.length - part.length;
				if (part.length === 0) continue;
				received += part.length;
				failures = 0;
				yield part;
			}
			// An end before the end, politely: as good as a connection that broke.
			if (received >= size || ++failures >= retry.attempts) return;
			await delay(backOffMs(retry, failures), signal);
		} catch (error) {
			const goesOn = isTemporary(error) || (received > 0 && isGone(error));
			if (!goesOn || ++failures >= retry.attempts || received >= size) throw error;
			await delay(backOffMs(retry, failures), signal);
		}
	}
}

/** It was there a moment ago: a registry that starts again. */
function isGone(error: unknown): boolean {
	const errno = isEngineError(error) ? errnoOf(error.cause) : undefined;
	return errno === "ECONNREFUSED" || errno === "ConnectionRefused";
}

async function request(session: Session, descriptor: Descriptor, from: number): Promise<HttpResponse> {
	const headers: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` };
	try {
		const accept = from === 0 ? [] : [416];
		return await session.request({ method: "GET", to: `blobs/${descriptor.digest}`, headers, accept });
	} catch (error) {
		const elsewhere = isEngineError(error, "not_found") ? descriptor.urls : undefined;
		if (elsewhere === undefined || elsewhere.length === 0) throw error;
		return await requestElsewhere(session, elsewhere, headers);
	}
}

/** A layer that may not be distributed by registries names where it is. Nobody's credentials are shown there. */
async function requestElsewhere(
	{ options }: Session,
	urls: readonly string[],
	headers: Readonly<Record<string, string>>,
): Promise<HttpResponse> {
	const { endpoint, retry, signal, patience, userAgent } = options;
	const base = new URL(await endpoint.origin(signal));
	let failure: unknown;
	for (const text of urls) {
		try {
			const url = redirectTarget(text, base);
			const response = await withRetry(retry, signal, () =>
				send({
					method: "GET",
					url,
					headers: { "user-agent": userAgent, ...headers },
					...{ signal, patience, tls: endpoint.tls },
				}),
			);
			if (response.status === 200 || response.status === 206) return response;
			response.discard();
			failure = new EngineError("unavailable", `unexpected status ${response.status} from ${url.origin}`);
		} catch (error) {
			failure = error;
		}
	}
	throw failure;
}

/** Bytes at the start of the answer that were received before. */
function skipOf(response: HttpResponse, received: number): number {
	if (response.status !== 206) return received;
	const start = /^bytes ([0-9]+)-/.exec(response.headers["content-range"] ?? "")?.[1];
	if (start !== undefined && Number(start) <= received) return received - Number(start);
	response.discard();
	throw new EngineError(
		"corrupt",
		`${response.url.origin}${response.url.pathname} answered with another range than asked for`,
	);
}
