import { EngineError } from "../lib/index.ts";
import { digestOf, maxManifestBytes } from "../oci/index.ts";
import type { RegistryContext } from "./context.ts";
import { findKept } from "./kept-manifests.ts";
import { deleteManifest, findManifest, putManifest } from "./manifests.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import type { RegistryCall } from "./registry-call.ts";
import { RegistryError } from "./registry-error.ts";

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests and #pushing-manifests */
export async function answerManifest(
	context: RegistryContext,
	call: RegistryCall<"manifest">,
): Promise<void> {
	const { method } = call.exchange.request;
	switch (method) {
		case "GET":
		case "HEAD":
			return send(context, call);
		case "PUT":
			return put(context, call);
		case "DELETE":
			await deleteManifest(context, call.path);
			return call.exchange.response.send(202, {});
		default:
			throw methodNotAllowed(method);
	}
}

async function send(context: RegistryContext, { path, exchange }: RegistryCall<"manifest">): Promise<void> {
	const { digest, mediaType } = (await findKept(context, path)) ?? findManifest(context, path);
	const headers = { "Content-Type": mediaType, "Docker-Content-Digest": digest, Etag: `"${digest}"` };
	const known = exchange.request.headers.get("if-none-match");
	if (known?.includes(digest)) return exchange.response.send(304, headers);
	exchange.response.send(200, headers, await context.content.read(digest, maxManifestBytes));
}

async function put(context: RegistryContext, { path, exchange }: RegistryCall<"manifest">): Promise<void> {
	const { request, response, body, signal } = exchange;
	const bytes = await readManifest(body);
	const pushed = await putManifest(context, path, {
		bytes,
		mediaType: request.headers.get("content-type"),
		signal,
	});
	response.send(201, {
		Location: `/v2/${path.name}/manifests/${digestOf(bytes)}`,
		"Docker-Content-Digest": pushed.digest,
		...(pushed.subject === undefined ? {} : { "OCI-Subject": pushed.subject }),
	});
}

async function readManifest(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
	const pieces: Uint8Array[] = [];
	let size = 0;
	for await (const piece of body) {
		size += piece.length;
		if (size > maxManifestBytes)
			throw new RegistryError(413, "SIZE_INVALID", `the manifest has more than ${maxManifestBytes} bytes`);
		pieces.push(Uint8Array.from(piece));
	}
	if (size === 0) throw new EngineError("corrupt", "the manifest is empty");
	return Buffer.concat(pieces);
}
