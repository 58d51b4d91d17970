import { EngineError } from "../lib/index.ts";
import { canonicalReference, type Digest, familiarReference, type Reference } from "../oci/index.ts";
import type { SignatureSource, Trust, TrustPolicy } from "./contract.ts";
import { type PublicKey, parsePublicKey } from "./keys.ts";
import { openPolicy, ruleFor } from "./policy.ts";
import { verifySignatures } from "./verify.ts";

/** Holds images to a policy; without one everything is accepted. `invalid_argument` when a key is none. */
export function createTrust(policy: TrustPolicy = openPolicy): Trust {
	const keys = new Map<string, PublicKey>();
	for (const rule of policy.rules) {
		if (rule.action !== "signed") continue;
		for (const pem of rule.keys) keys.set(pem, parsePublicKey(pem, `a key of the trust rule ${rule.match}`));
	}
	return {
		async verifyBeforeStore(reference, digests, source) {
			const rule = ruleFor(policy, reference);
			const action = rule?.action ?? policy.default;
			if (action === "accept") return;
			if (rule?.action !== "signed")
				throw refused(reference, `refuses ${rule?.match ?? "what it does not name"}`);
			const options = { ...rule, reference, source, keys: rule.keys.map((pem) => keys.get(pem)!) };
			if (!(await isSigned(digests, options)))
				throw refused(
					reference,
					`wants a signature for ${rule.match}, and no key of it signed ${digests[0]}`,
				);
		},
		checkUnsigned(how) {
			if (policy.archives === "accept") return;
			throw new EngineError("forbidden", `${how}: the trust policy refuses images that carry no signature`);
		},
	};
}

interface SignedOptions {
	readonly reference: Reference;
	readonly source: SignatureSource;
	readonly keys: readonly PublicKey[];
}

async function isSigned(digests: readonly Digest[], options: SignedOptions): Promise<boolean> {
	for (const digest of new Set(digests))
		if ((await verifySignatures(digest, options)).length > 0) return true;
	return false;
}

function refused(reference: Reference, why: string): EngineError {
	const name =
		reference.domain === "docker.io" ? familiarReference(reference) : canonicalReference(reference);
	return new EngineError("forbidden", `${name} is not trusted: the trust policy ${why}`);
}
