import { EngineError } from "../lib/index.ts";
import { type Digest, isDigest } from "../oci/index.ts";

/** What a signature says. https://github.com/containers/image/blob/main/docs/containers-signature.5.md */
export interface SignedClaim {
	readonly digest: Digest;
	readonly name: string;
	readonly annotations: Readonly<Record<string, unknown>>;
}

export const maxPayloadBytes = 64 * 1024;
const signatureType = "cosign container image signature";

/** The bytes to sign. `name`: the repository, `registry.lan/team/app`. */
export function formatPayload({ digest, name, annotations }: SignedClaim): Uint8Array {
	const payload = {
		critical: {
			identity: { "docker-reference": name },
			image: { "docker-manifest-digest": digest },
			type: signatureType,
		},
		optional: Object.keys(annotations).length === 0 ? null : annotations,
	};
	return Buffer.from(JSON.stringify(payload));
}

/** Read only after a key has verified the bytes. `corrupt` when it is no claim about an image. */
export function parsePayload(bytes: Uint8Array): SignedClaim {
	const payload = parse(bytes);
	const critical = objectIn(payload, "critical");
	const digest = objectIn(critical, "image")["docker-manifest-digest"];
	const name = objectIn(critical, "identity")["docker-reference"];
	if (!isDigest(digest)) throw wrong("no digest");
	if (typeof name !== "string") throw wrong("no name");
	// Podman writes its own type for the same claim.
	if (critical["type"] !== signatureType && critical["type"] !== "atomic container signature")
		throw wrong("another type");
	const optional = payload["optional"];
	return { digest, name, annotations: isObject(optional) ? optional : {} };
}

function parse(bytes: Uint8Array): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(Buffer.from(bytes).toString());
		if (isObject(value)) return value;
	} catch {
		// The same error as for a wrong shape.
	}
	throw wrong("no JSON object");
}

function objectIn(record: Record<string, unknown>, key: string): Record<string, unknown> {
	const value = record[key];
	if (!isObject(value)) throw wrong(`no ${key}`);
	return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(why: string): EngineError {
	return new EngineError("corrupt", `signature payload: ${why}`);
}
