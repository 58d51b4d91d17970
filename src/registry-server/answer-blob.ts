import type { RegistryContext } from "./context.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import type { RegistryCall } from "./registry-call.ts";
import { RegistryError } from "./registry-error.ts";

/**
 * `GET` and `HEAD` of a blob, whole or one range. A blob is served to whoever knows its digest, whatever repository the
 * path names: the store holds each once.
 */
export async function answerBlob(
	{ content, uploads }: RegistryContext,
	{ path: { digest }, exchange, readWrite }: RegistryCall<"blob">,
): Promise<void> {
	const { request, response, signal } = exchange;
	if (request.method === "DELETE")
		throw new RegistryError(405, "UNSUPPORTED", "blobs go with the last manifest that names them");
	if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed(request.method);
	const size = content.size(digest);
	if (size === undefined)
		throw new RegistryError(404, "BLOB_UNKNOWN", `blob ${digest} is not known to the registry`);
	// Who is told that it is here may leave it out of a push.
	if (readWrite && request.method === "HEAD") uploads.keep(digest);
	const range = request.method === "GET" ? parseRange(request.headers.get("range"), size) : undefined;
	const { start, end } = range ?? { start: 0, end: size };
	response.start(range === undefined ? 200 : 206, {
		"Content-Type": "application/octet-stream",
		"Content-Length": String(end - start),
		"Docker-Content-Digest": digest,
		"Accept-Ranges": "bytes",
		Etag: `"${digest}"`,
		...(range === undefined ? {} : { "Content-Range": `bytes ${start}-${end - 1}/${size}` }),
	});
	if (request.method === "GET") {
		for await (const bytes of content.stream(digest, { start, end })) {
			await response.write(bytes);
			if (signal.aborted) return;
		}
	}
	response.end();
}

/** One range of RFC 9110, 14.2; more than one, or what cannot be read, is ignored. `end` is exclusive. */
function parseRange(text: string | undefined, size: number): { start: number; end: number } | undefined {
	const match = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(text?.trim() ?? "");
	if (match === null || (match[1] === "" && match[2] === "")) return undefined;
	const [, first, last] = match as unknown as [string, string, string];
	const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
	const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
	if (start < end) return { start, end };
	throw new RegistryError(416, "SIZE_INVALID", `the blob has ${size} bytes`, {
		"Content-Range": `bytes */${size}`,
	});
}
