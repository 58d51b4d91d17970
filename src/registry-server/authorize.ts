import { createHash } from "node:crypto";
import { EngineError } from "../lib/index.ts";
import { verifyPassword } from "../sys/index.ts";
import { RegistryError } from "./registry-error.ts";

/** bcrypt is slow on purpose; one client asks hundreds of times in one pull. By hash and password together. */
const verified = new Set<string>();
const maxVerified = 1_000;

/** Lets a request in, or throws the 401 that asks for a user and a password (RFC 7617). */
export async function authorize(
	header: string | undefined,
	users: ReadonlyMap<string, string> | undefined,
): Promise<void> {
	if (users === undefined) return;
	const encoded = /^basic\s+([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
	const text = Buffer.from(encoded ?? "", "base64").toString();
	const colon = text.indexOf(":");
	const hash = colon < 0 ? undefined : users.get(text.slice(0, colon));
	if (hash !== undefined && (await isPassword(text.slice(colon + 1), hash))) return;
	throw new RegistryError(401, "UNAUTHORIZED", "authentication required", {
		"Www-Authenticate": 'Basic realm="Hull registry", charset="UTF-8"',
	});
}

async function isPassword(password: string, hash: string): Promise<boolean> {
	const key = createHash("sha256").update(`${hash}\0${password}`).digest("hex");
	if (verified.has(key)) return true;
	if (!(await verifyPassword(password, hash))) return false;
	if (verified.size >= maxVerified) verified.clear();
	verified.add(key);
	return true;
}

/** `user:hash` on each line, hashes by bcrypt, as `htpasswd -B` writes them. Others are `invalid_argument`. */
export function parseHtpasswd(text: string): ReadonlyMap<string, string> {
	const users = new Map<string, string>();
	for (const [index, line] of text.split(/\r?\n/).entries()) {
		if (line.trim() === "" || line.startsWith("#")) continue;
		const match = /^([^:]+):(\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53})\s*$/.exec(line);
		if (match === null) {
			throw new EngineError(
				"invalid_argument",
				`htpasswd, line ${index + 1}: expected user:hash with a bcrypt hash (htpasswd -B)`,
			);
		}
		users.set(match[1]!, match[2]!);
	}
	if (users.size === 0) throw new EngineError("invalid_argument", "htpasswd: it names no user");
	return users;
}
