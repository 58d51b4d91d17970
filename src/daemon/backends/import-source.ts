import { EngineError, errnoOf } from "../../lib/index.ts";

/** Downloads what `docker import URL` names; a name without a scheme is http, as with Docker. */
export async function* importSource(address: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
	const url = parseAddress(address);
	const response = await fetch(url, { signal }).catch((cause: unknown) => {
		if (signal.aborted) throw new EngineError("cancelled", "the client went away", { cause });
		throw new EngineError(
			"unavailable",
			`cannot download ${url}: ${errnoOf(cause) ?? (cause as Error).message}`,
			{
				cause,
			},
		);
	});
	if (!response.ok || response.body === null) {
		await response.body?.cancel();
		throw new EngineError("invalid_argument", `cannot download ${url}: it answers ${response.status}`);
	}
	for await (const chunk of response.body) yield chunk;
}

function parseAddress(address: string): URL {
	try {
		const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`);
		if (url.protocol === "http:" || url.protocol === "https:") return url;
	} catch {}
	throw new EngineError(
		"invalid_argument",
		`cannot import ${JSON.stringify(address)}: expected an http(s) address`,
	);
}
