import type { SecretRecord } from "./contract.ts";
import type { Sealed } from "./seal.ts";

/** A row of the `secrets` documents. */
export interface StoredSecret extends SecretRecord {
	readonly sealed: Sealed;
}

/** Checks what the database gives back; the error says nothing of what is in it. */
export function parseStoredSecret(value: unknown): StoredSecret {
	const secret = value as StoredSecret;
	const texts = (owner: object, names: readonly string[]) =>
		names.every((name) => typeof (owner as Record<string, unknown>)[name] === "string");
	const sound =
		typeof value === "object" &&
		value !== null &&
		(secret.kind === "secret" || secret.kind === "config") &&
		texts(secret, ["id", "name", "createdAt", "updatedAt"]) &&
		Number.isInteger(secret.version) &&
		typeof secret.labels === "object" &&
		secret.labels !== null &&
		typeof secret.sealed === "object" &&
		secret.sealed !== null &&
		texts(secret.sealed, ["key", "nonce", "text", "tag"]);
	if (!sound) throw new Error("not a secret's record");
	return secret;
}
