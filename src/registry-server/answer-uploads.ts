import type { RegistryContext } from "./context.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import type { RegistryCall } from "./registry-call.ts";
import { RegistryError } from "./registry-error.ts";
import { digestOf } from "./request-path.ts";
import type { Upload } from "./uploads.ts";

/** `POST`: a mount of a blob that is here, a whole blob in one request, or the beginning of an upload. */
export async function answerUploads(
	{ content, uploads }: RegistryContext,
	{ path: { name, repository }, query, exchange }: RegistryCall<"uploads">,
): Promise<void> {
	const { request, response, body, signal } = exchange;
	if (request.method !== "POST") throw methodNotAllowed(request.method);
	const mount = query.get("mount");
	if (mount !== null) {
		const digest = digestOf(mount);
		if (content.has(digest)) {
			uploads.keep(digest);
			return response.send(201, created(name, digest));
		}
	}
	const whole = query.get("digest");
	if (whole !== null) {
		const digest = digestOf(whole);
		await uploads.store(body, digest, signal);
		return response.send(201, created(name, digest));
	}
	response.send(202, progress(name, uploads.start(repository)));
}

/** One upload: more of it (`PATCH`), its end (`PUT`), how far it is (`GET`), or no more of it (`DELETE`). */
export async function answerUpload(
	{ uploads }: RegistryContext,
	{ path: { name, repository, id }, query, exchange }: RegistryCall<"upload">,
): Promise<void> {
	const { request, response, body } = exchange;
	const upload = uploads.get(repository, id);
	switch (request.method) {
		case "GET":
		case "HEAD":
			return response.send(204, progress(name, upload));
		case "PATCH":
			checkPlace(name, upload, request);
			await upload.append(body);
			return response.send(202, progress(name, upload));
		case "PUT": {
			const digest = digestOf(query.get("digest") ?? "");
			checkPlace(name, upload, request);
			await upload.append(body);
			await upload.finish(digest);
			return response.send(201, created(name, digest));
		}
		case "DELETE":
			await upload.cancel();
			return response.send(204, {});
		default:
			throw methodNotAllowed(request.method);
	}
}

/** Chunks come in order: one that says where it begins must begin where the upload is. */
function checkPlace(name: string, upload: Upload, request: RegistryCall["exchange"]["request"]): void {
	const text = request.headers.get("content-range");
	if (text === undefined) return;
	const match = /^(?:bytes )?([0-9]{1,15})-([0-9]{1,15})(?:\/.*)?$/.exec(text.trim());
	if (match === null)
		throw new RegistryError(400, "BLOB_UPLOAD_INVALID", `invalid Content-Range ${JSON.stringify(text)}`);
	const [start, end] = [Number(match[1]), Number(match[2])];
	const fits = request.contentLength === undefined || request.contentLength === end - start + 1;
	if (start === upload.received && fits) return;
	throw new RegistryError(
		416,
		"BLOB_UPLOAD_INVALID",
		`the upload has ${upload.received} bytes, the chunk is ${text}`,
		progress(name, upload),
	);
}

function progress(name: string, { id, received }: Upload): Record<string, string> {
	return {
		Location: `/v2/${name}/blobs/uploads/${id}`,
		Range: `0-${Math.max(0, received - 1)}`,
		"Docker-Upload-Uuid": id,
	};
}

function created(name: string, digest: string): Record<string, string> {
	return { Location: `/v2/${name}/blobs/${digest}`, "Docker-Content-Digest": digest };
}
