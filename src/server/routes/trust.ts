/** Signatures of images. */
import * as api from "../../api/index.ts";
import { decodeRegistryAuth } from "../decode/registry-auth.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import type { TrustBackend } from "../trust-backend.ts";

export function trustRoutes(trust: TrustBackend): Route[] {
	return [
		route(api.imageSign, async ({ params, body, headers, signal }) => {
			const access = { auth: decodeRegistryAuth(headers.get("x-registry-auth")), signal };
			return json(await trust.sign(params["name"]!, body, access), 201);
		}),
		route(api.imageVerify, async ({ params, body, headers, signal }) => {
			const access = { auth: decodeRegistryAuth(headers.get("x-registry-auth")), signal };
			return json(await trust.verify(params["name"]!, body, access));
		}),
	];
}
