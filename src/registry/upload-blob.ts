import { delay, EngineError } from "../lib/index.ts";
import type { Descriptor, Digest, Reference } from "../oci/index.ts";
import type { UploadOptions } from "./contract.ts";
import { type HttpResponse, redirectTarget } from "./http.ts";
import { backOffMs, isTemporary } from "./retry.ts";
import { requiredHeader, type Session } from "./session.ts";

/** Sent at once; larger blobs go in pieces of this size, so that a broken connection costs no more. */
const pieceBytes = 32 * 1024 * 1024;

const octets = { "content-type": "application/octet-stream" };

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push */
export async function uploadBlob(
	session: Session,
	descriptor: Descriptor,
	options: UploadOptions,
): Promise<void> {
	const started = await session.request({
		method: "POST",
		to: "blobs/uploads/",
		headers: { "content-length": "0" },
	});
	started.discard();
	const location = locationOf(started);
	if (descriptor.size <= pieceBytes) {
		await uploadWhole(session, { location, descriptor, options });
		return;
	}
	const piece = Math.max(pieceBytes, Number(started.headers["oci-chunk-min-length"] ?? 0) || 0);
	const end = await uploadPieces(session, { location, descriptor, options, piece });
	const closed = await session.request({
		method: "PUT",
		to: withDigest(end, descriptor.digest),
		headers: { ...octets, "content-length": "0" },
	});
	closed.discard();
}

interface Upload {
	readonly location: URL;
	readonly descriptor: Descriptor;
	readonly options: UploadOptions;
}

async function uploadWhole(session: Session, { location, descriptor, options }: Upload): Promise<void> {
	const { digest, size } = descriptor;
	const response = await session.request({
		method: "PUT",
		to: withDigest(location, digest),
		headers: octets,
		body: () => ({ bytes: counted(options, { start: 0, end: size }), length: size }),
	});
	response.discard();
	options.onProgress?.(size);
}

/** Gives the location to close the upload at. */
async function uploadPieces(session: Session, upload: Upload & { readonly piece: number }): Promise<URL> {
	const { descriptor, options, piece } = upload;
	const { retry, signal } = session.options;
	let { location } = upload;
	let sent = 0;
	let failures = 0;
	while (sent < descriptor.size) {
		const range = { start: sent, end: Math.min(sent + piece, descriptor.size) };
		try {
			const response = await session.request({
				method: "PATCH",
				to: location,
				headers: { ...octets, "content-range": `${range.start}-${range.end - 1}` },
				body: () => ({ bytes: counted(options, range), length: range.end - range.start }),
				retry: false,
			});
			response.discard();
			location = locationOf(response);
			sent = range.end;
			failures = 0;
		} catch (error) {
			if (!isTemporary(error) || ++failures >= retry.attempts) throw error;
			await delay(backOffMs(retry, failures), signal);
			({ location, sent } = await takenSoFar(session, location));
		}
	}
	return location;
}

/** Asks where to go on after a piece that failed. */
async function takenSoFar(session: Session, location: URL): Promise<{ location: URL; sent: number }> {
	const response = await session.request({ method: "GET", to: location });
	response.discard();
	const last = /^(?:bytes=)?0-([0-9]+)$/.exec(String(response.headers["range"] ?? ""))?.[1];
	return { location: locationOf(response), sent: last === undefined || last === "0" ? 0 : Number(last) + 1 };
}

async function* counted(
	{ read, onProgress }: UploadOptions,
	range: { start: number; end: number },
): AsyncIterable<Uint8Array> {
	let sent = range.start;
	for await (const bytes of read(range)) {
		yield bytes;
		sent += bytes.length;
		onProgress?.(sent);
	}
	if (sent !== range.end) throw new Error(`read ${sent - range.start} of ${range.end - range.start} bytes`);
}

/** True when the registry had it in the other repository and shares it. */
export async function mountBlob(session: Session, digest: Digest, from: Reference): Promise<boolean> {
	const response = await session.request({
		method: "POST",
		to: `blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from.path)}`,
		headers: { "content-length": "0" },
		scope: `repository:${from.path}:pull`,
	});
	response.discard();
	if (response.status === 201) return true;
	// 202: an upload was opened instead; it is given up.
	const cancel = await session.request({
		method: "DELETE",
		to: locationOf(response),
		accept: [400, 404, 405],
		retry: false,
	});
	cancel.discard();
	return false;
}

function locationOf(response: HttpResponse): URL {
	return redirectTarget(requiredHeader(response, "location"), response.url);
}

function withDigest(location: URL, digest: Digest): URL {
	const url = new URL(location);
	url.searchParams.set("digest", digest);
	return url;
}

/** Uploads a manifest; the registry must take it under the digest of these bytes. */
export async function putManifest(
	session: Session,
	tagOrDigest: string,
	manifest: { readonly mediaType: string; readonly bytes: Uint8Array; readonly digest: Digest },
): Promise<{ readonly listsReferrers: boolean }> {
	const response = await session.request({
		method: "PUT",
		to: `manifests/${tagOrDigest}`,
		headers: { "content-type": manifest.mediaType },
		body: () => ({ bytes: once(manifest.bytes), length: manifest.bytes.length }),
	});
	response.discard();
	const stored = response.headers["docker-content-digest"];
	if (stored !== undefined && stored !== manifest.digest)
		throw new EngineError("corrupt", `the registry stored ${manifest.digest} as ${String(stored)}`);
	return { listsReferrers: response.headers["oci-subject"] !== undefined };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}
