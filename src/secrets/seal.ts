import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { EngineError } from "../lib/index.ts";

/** AES-256-GCM (NIST SP 800-38D); all in base64. */
export interface Sealed {
	/** Which key: the beginning of a digest made with it. */
	readonly key: string;
	/** 96 random bits, never used twice. */
	readonly nonce: string;
	readonly text: string;
	readonly tag: string;
}

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
export const keyBytes = 32;

/** `bound` is what the value belongs to: sealed values cannot be moved to another name, kind or version. */
export function seal(key: Uint8Array, value: Uint8Array, bound: string): Sealed {
	const nonce = randomBytes(nonceBytes);
	const cipher = createCipheriv(algorithm, key, nonce);
	cipher.setAAD(Buffer.from(bound));
	const text = Buffer.concat([cipher.update(value), cipher.final()]);
	const base64 = (bytes: Buffer) => bytes.toString("base64");
	return { key: keyId(key), nonce: base64(nonce), text: base64(text), tag: base64(cipher.getAuthTag()) };
}

/** `what` is for messages. Errors: `unavailable` for another key, `corrupt`. */
export function unseal(
	key: Uint8Array,
	sealed: Sealed,
	{ bound, what }: { bound: string; what: string },
): Buffer {
	if (sealed.key !== keyId(key))
		throw new EngineError(
			"unavailable",
			`${what} is sealed with key ${sealed.key}, and the engine has key ${keyId(key)}`,
		);
	try {
		const decipher = createDecipheriv(algorithm, key, Buffer.from(sealed.nonce, "base64"));
		decipher.setAAD(Buffer.from(bound));
		decipher.setAuthTag(Buffer.from(sealed.tag, "base64"));
		const head = decipher.update(Buffer.from(sealed.text, "base64"));
		const tail = decipher.final();
		const value = Buffer.concat([head, tail]);
		head.fill(0);
		return value;
	} catch (cause) {
		throw new EngineError("corrupt", `${what} cannot be opened: it was changed on the disk`, { cause });
	}
}

/** Says which key without saying the key. */
export function keyId(key: Uint8Array): string {
	return createHmac("sha256", key).update("hull secret key").digest("hex").slice(0, 16);
}
