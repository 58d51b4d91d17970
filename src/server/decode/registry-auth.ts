import { AuthConfig } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { decodeJson } from "./json-body.ts";

/** `X-Registry-Auth`: base64url of the JSON of an AuthConfig. Absent, empty and `null` are no credentials. */
export function decodeRegistryAuth(header: string | undefined): AuthConfig | undefined {
	if (header === undefined || header === "") return undefined;
	const text = Buffer.from(header, "base64url").toString("utf8");
	if (/^\s*(null)?\s*$/.test(text)) return undefined;
	try {
		return decodeJson(AuthConfig, text).value as AuthConfig;
	} catch (cause) {
		// The text is left out of the message: it holds a password.
		throw new EngineError("invalid_argument", "invalid X-Registry-Auth header", { cause });
	}
}
