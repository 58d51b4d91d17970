import { delay, EngineError } from "../lib/index.ts";
import type { Descriptor } from "../oci/index.ts";
import type { HttpResponse } from "./http.ts";
import { backOffMs, isTemporary } from "./retry.ts";
import type { Session } from "./session.ts";

/**
 * Streams a blob. When the connection breaks, the rest is asked for by `Range`; a registry that then sends the whole
 * again has its first part skipped. Attempts count only while nothing arrives.
 */
export async function* fetchBlob(session: Session, { digest, size }: Descriptor): AsyncIterable<Uint8Array> {
	const { retry, signal } = session.options;
	let received = 0;
	let failures = 0;
	while (true) {
		try {
			const response = await request(session, digest, received);
			let skip = skipOf(response, received);
			for await (const chunk of response.body) {
				const part = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
				skip -= chunk.length - part.length;
				if (part.length === 0) continue;
				received += part.length;
				failures = 0;
				yield part;
			}
			return;
		} catch (error) {
			if (!isTemporary(error) || ++failures >= retry.attempts || received >= size) throw error;
			await delay(backOffMs(retry, failures), signal);
		}
	}
}

function request(session: Session, digest: string, from: number): Promise<HttpResponse> {
	return session.request({
		method: "GET",
		to: `blobs/${digest}`,
		...(from === 0 ? {} : { headers: { range: `bytes=${from}-` } }),
	});
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
