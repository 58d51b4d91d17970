/** Signatures of images. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import {
	ImageSignRequest,
	ImageSignResponse,
	ImageVerifyRequest,
	ImageVerifyResponse,
} from "../schemas/trust.ts";

/** Put a signature that was made elsewhere beside an image in its registry. Credentials as for a push. */
export const imageSign = operation({
	id: "HullImageSign",
	method: "POST",
	path: "/hull/images/:name/signatures",
	since: "1.24",
	query: Type.Object({}),
	body: ImageSignRequest,
	result: ImageSignResponse,
	status: 201,
});

/** Look for signatures of an image in its registry; 403 when no key has signed it. Credentials as for a pull. */
export const imageVerify = operation({
	id: "HullImageVerify",
	method: "POST",
	path: "/hull/images/:name/verify",
	since: "1.24",
	query: Type.Object({}),
	body: ImageVerifyRequest,
	result: ImageVerifyResponse,
	status: 200,
});
