/**
 * Trust: who may say that an image is what its name promises.
 *
 * Vocabulary:
 * - **signature**: a payload that names an image by its digest, signed with a private key. Format and place are
 *   cosign's: the payload is a blob in the image's own repository, listed by a manifest with the tag
 *   `sha256-<hex>.sig`. https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 * - **policy**: which names need which signatures before an image is taken into the store.
 *
 * A registry is not trusted with any of it: payloads are checked against their digests, bounds and keys, and a
 * signature counts for the digest in its payload only.
 *
 * @example
 * const trust = createTrust(readTrustPolicy("/etc/hull/trust.json"));
 * await trust.verifyBeforeStore(reference, [indexDigest, manifestDigest], repository);
 */
import type { Digest, Reference } from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";

/** The part of a repository that signatures are read from. */
export type SignatureSource = Pick<Repository, "manifest" | "blob" | "referrers">;

export interface Trust {
	/**
	 * Called once in a pull, before anything of the image is stored. `digests`: what the reference led to, from the index
	 * down to the manifest of the platform; a signature of any of them is enough, as each names the next.
	 * `forbidden` when the policy refuses the image.
	 */
	verifyBeforeStore(reference: Reference, digests: readonly Digest[], source: SignatureSource): Promise<void>;
	/** Called before an image is taken from an archive or an upload, which carry no signatures. `forbidden`. */
	checkUnsigned(how: string): void;
}

export interface TrustPolicy {
	/** For names that no rule matches. */
	readonly default: "accept" | "refuse";
	/** Images that come as archives (load, import) or uploads. */
	readonly archives: "accept" | "refuse";
	readonly rules: readonly TrustRule[];
}

export type TrustRule = {
	/** A registry (`registry.lan:5000`), a folder of repositories (`registry.lan/team/*`) or a repository. */
	readonly match: string;
} & (
	| { readonly action: "accept" | "refuse" }
	| ({ readonly action: "signed"; readonly keys: readonly string[] } & SignatureDemands)
);

export interface SignatureDemands {
	/** Which name must stand in the payload: that of the image's repository (the default), or any. */
	readonly name?: "repository" | "any";
	/** What else the payload must say. */
	readonly annotations?: Readonly<Record<string, string>>;
}

/** A signature that a key verified. */
export interface VerifiedSignature {
	readonly digest: Digest;
	/** As the signer wrote it: the repository that the image was signed in. */
	readonly name: string;
	readonly annotations: Readonly<Record<string, unknown>>;
	/** SHA-256 of the public key (its SubjectPublicKeyInfo), hex. */
	readonly keyFingerprint: string;
}
