export type * from "./contract.ts";
export { isEncryptedKey, type PrivateKey, type PublicKey, parsePrivateKey, parsePublicKey } from "./keys.ts";
export { formatPayload, maxPayloadBytes, parsePayload, type SignedClaim } from "./payload.ts";
export { parseTrustPolicy, readTrustPolicy } from "./policy.ts";
export { type NewSignature, pushSignature } from "./push-signature.ts";
export { createTrust } from "./trust.ts";
export { type VerifyOptions, verifySignatures } from "./verify.ts";
