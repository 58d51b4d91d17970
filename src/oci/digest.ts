import { createHash } from "node:crypto";
import { EngineError } from "../lib/index.ts";
import type { Digest } from "./image-spec.ts";

const digestPattern = /^sha256:[0-9a-f]{64}$/;
const anyAlgorithm = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/**
 * Checks a digest that came from outside. Errors are `invalid_argument` with go-digest's texts.
 * https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 */
export function parseDigest(text: string): Digest {
	if (isDigest(text)) return text;
	if (!anyAlgorithm.test(text)) throw new EngineError("invalid_argument", "invalid checksum digest format");
	if (!text.startsWith("sha256:"))
		throw new EngineError("invalid_argument", `unsupported digest algorithm: ${text.split(":")[0]}`);
	if (/^sha256:[0-9a-f]*$/.test(text))
		throw new EngineError("invalid_argument", "invalid checksum digest length");
	throw new EngineError("invalid_argument", "invalid checksum digest format");
}

export function isDigest(value: unknown): value is Digest {
	return typeof value === "string" && digestPattern.test(value);
}

/** The 64 hex digits. */
export function digestHex(digest: Digest): string {
	return digest.slice("sha256:".length);
}

export function digestFromHex(hex: string): Digest {
	return parseDigest(`sha256:${hex}`);
}

export function digestOf(bytes: Uint8Array | string): Digest {
	return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The digest of a stream, fed piece by piece. */
export interface Digester {
	update(bytes: Uint8Array): void;
	/** Ends it. */
	digest(): Digest;
}

export function createDigester(): Digester {
	const hash = createHash("sha256");
	return {
		update: (bytes) => {
			hash.update(bytes);
		},
		digest: () => `sha256:${hash.digest("hex")}`,
	};
}
