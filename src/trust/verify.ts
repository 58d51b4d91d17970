import { isEngineError } from "../lib/index.ts";
import { canonicalName, type Digest, parseReference, type Reference } from "../oci/index.ts";
import type { SignatureDemands, SignatureSource, VerifiedSignature } from "./contract.ts";
import { fetchSignatures } from "./fetch-signatures.ts";
import type { PublicKey } from "./keys.ts";
import { parsePayload, type SignedClaim } from "./payload.ts";

export interface VerifyOptions extends SignatureDemands {
	readonly reference: Reference;
	readonly keys: readonly PublicKey[];
	readonly source: SignatureSource;
}

/** The signatures of a digest that one of the keys verifies and that say what is demanded. Empty when there is none. */
export async function verifySignatures(digest: Digest, options: VerifyOptions): Promise<VerifiedSignature[]> {
	const verified: VerifiedSignature[] = [];
	for await (const { payload, signature } of fetchSignatures(options.source, digest)) {
		const key = options.keys.find((candidate) => candidate.verifies(payload, signature));
		if (key === undefined) continue;
		const claim = readClaim(payload);
		if (claim !== undefined && satisfies(claim, digest, options))
			verified.push({ ...claim, keyFingerprint: key.fingerprint });
	}
	return verified;
}

function readClaim(payload: Uint8Array): SignedClaim | undefined {
	try {
		return parsePayload(payload);
	} catch (error) {
		// Signed, but about something else.
		if (isEngineError(error, "corrupt")) return undefined;
		throw error;
	}
}

function satisfies(claim: SignedClaim, digest: Digest, options: VerifyOptions): boolean {
	const { name = "repository", annotations = {}, reference } = options;
	return (
		claim.digest === digest &&
		(name === "any" || isSameRepository(claim.name, reference)) &&
		Object.entries(annotations).every(([key, value]) => claim.annotations[key] === value)
	);
}

/** Signers write the repository, some with a tag. */
function isSameRepository(name: string, reference: Reference): boolean {
	try {
		return canonicalName(parseReference(name)) === canonicalName(reference);
	} catch (error) {
		if (isEngineError(error, "invalid_argument")) return false;
		throw error;
	}
}
