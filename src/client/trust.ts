import type {
	ImageSignRequest,
	ImageSignResponse,
	ImageVerifyRequest,
	ImageVerifyResponse,
} from "../api/index.ts";
import { authHeader, type RegistryCredentials } from "./images.ts";
import { callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { referencePath } from "./transport/request.ts";

/** Puts a signature beside an image in its registry. Hull only. */
export function imageSign(
	engine: Engine,
	reference: string,
	request: ImageSignRequest,
	options: { auth?: RegistryCredentials } = {},
): Promise<ImageSignResponse> {
	const path = `/hull/images/${referencePath(reference)}/signatures`;
	return callJson(engine, {
		method: "POST",
		path,
		headers: authHeader(options.auth),
		body: { json: request },
	});
}

/** The signatures of an image that the keys verify; a 403 when there are none. Hull only. */
export function imageVerify(
	engine: Engine,
	reference: string,
	request: ImageVerifyRequest,
	options: { auth?: RegistryCredentials } = {},
): Promise<ImageVerifyResponse> {
	const path = `/hull/images/${referencePath(reference)}/verify`;
	return callJson(engine, {
		method: "POST",
		path,
		headers: authHeader(options.auth),
		body: { json: request },
	});
}
