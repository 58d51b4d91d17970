import {
	constants,
	createHash,
	createPrivateKey,
	createPublicKey,
	type KeyObject,
	sign,
	verify,
} from "node:crypto";
import { EngineError } from "../lib/index.ts";

const maxKeyBytes = 64 * 1024;
const minRsaBits = 2048;

export interface PublicKey {
	/** SHA-256 of its SubjectPublicKeyInfo, hex. */
	readonly fingerprint: string;
	verifies(payload: Uint8Array, signature: Uint8Array): boolean;
}

/** A key for signatures: ECDSA on P-256, Ed25519 or RSA from 2048 bits on. `what` names it in errors. */
export function parsePublicKey(pem: string, what: string): PublicKey {
	const key = usable(what, () => createPublicKey(pem), pem);
	const spki = key.export({ type: "spki", format: "der" });
	return {
		fingerprint: createHash("sha256").update(spki).digest("hex"),
		verifies(payload, signature) {
			try {
				return verify(hashFor(key), payload, options(key), signature);
			} catch {
				// A signature that is none.
				return false;
			}
		},
	};
}

export interface PrivateKey {
	readonly publicKey: PublicKey;
	sign(payload: Uint8Array): Uint8Array;
}

/** PKCS #8, PKCS #1 or SEC 1 in PEM; with a passphrase when it is encrypted. */
export function parsePrivateKey(pem: string, what: string, passphrase?: string): PrivateKey {
	if (/-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----/.test(pem))
		throw invalid(
			`${what} is encrypted in cosign's own way, which is not supported: use a key made with openssl (PKCS #8)`,
		);
	const key = usable(
		what,
		() => createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase }),
		pem,
	);
	const publicPem = createPublicKey(key).export({ type: "spki", format: "pem" }) as string;
	return {
		publicKey: parsePublicKey(publicPem, what),
		sign: (payload) => sign(hashFor(key), payload, options(key)),
	};
}

export function isEncryptedKey(pem: string): boolean {
	return pem.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----") || pem.includes("Proc-Type: 4,ENCRYPTED");
}

function usable(what: string, parse: () => KeyObject, pem: string): KeyObject {
	if (pem.length > maxKeyBytes) throw invalid(`${what} is too long for a key`);
	let key: KeyObject;
	try {
		key = parse();
	} catch (cause) {
		throw new EngineError("invalid_argument", `${what} is no key in PEM: ${(cause as Error).message}`, {
			cause,
		});
	}
	const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
	if (type === "ed25519") return key;
	if (type === "ec" && details.namedCurve === "prime256v1") return key;
	if (type === "rsa" && (details.modulusLength ?? 0) >= minRsaBits) return key;
	throw invalid(`${what}: keys must be ECDSA on P-256, Ed25519 or RSA with ${minRsaBits} bits or more`);
}

/** Ed25519 hashes by itself. */
function hashFor(key: KeyObject): string | null {
	return key.asymmetricKeyType === "ed25519" ? null : "sha256";
}

function options(key: KeyObject) {
	return key.asymmetricKeyType === "rsa" ? { key, padding: constants.RSA_PKCS1_PADDING } : { key };
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
