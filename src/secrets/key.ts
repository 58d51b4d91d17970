import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf, translateSystemError, writeFileAtomic } from "../lib/index.ts";
import { runCommand } from "../sys/index.ts";
import { keyBytes } from "./seal.ts";

/** Where the key comes from, the first that is given. */
export interface KeySource {
	/** `--secret-key-file`. */
	readonly file?: string | undefined;
	/** `--secret-key-command`: a program and its arguments, which prints the key. */
	readonly command?: readonly string[] | undefined;
	/** systemd's `CREDENTIALS_DIRECTORY`. */
	readonly credentials?: string | undefined;
	/** Made when there is none. */
	readonly defaultFile: string;
}

const credentialName = "hull-secret-key";
const ownerOnly = 0o077;

/**
 * The key that secrets are sealed with: 32 bytes, raw or in hex or base64. A file that others may read is refused.
 * Gives a function for the default file, which is made when the first secret is. Errors: `invalid_argument` and
 * `unavailable`, which name the source and never what it holds.
 */
export async function openKey(source: KeySource): Promise<() => Uint8Array> {
	const known = await givenKey(source);
	if (known !== undefined) return () => known;
	let made: Uint8Array | undefined;
	return () => {
		made ??= existsSync(source.defaultFile) ? readKeyFile(source.defaultFile) : makeKey(source.defaultFile);
		return made;
	};
}

async function givenKey({ file, command, credentials }: KeySource): Promise<Uint8Array | undefined> {
	if (file !== undefined) return readKeyFile(file);
	if (command !== undefined) return await askCommand(command);
	const credential = credentials === undefined ? undefined : join(credentials, credentialName);
	return credential !== undefined && existsSync(credential) ? readKeyFile(credential) : undefined;
}

function readKeyFile(path: string): Uint8Array {
	let fd: number;
	try {
		fd = openSync(path, "r");
	} catch (error) {
		throw new EngineError("unavailable", `secret key ${path}: ${errnoOf(error) ?? "cannot be read"}`, {
			cause: error,
		});
	}
	try {
		const { mode } = fstatSync(fd);
		if ((mode & ownerOnly) !== 0)
			throw new EngineError(
				"invalid_argument",
				`secret key ${path}: others may read it (mode ${(mode & 0o777).toString(8)}); chmod 600 it`,
			);
		return decodeKey(readFileSync(fd), path);
	} finally {
		closeSync(fd);
	}
}

async function askCommand([program = "", ...rest]: readonly string[]): Promise<Uint8Array> {
	const result = await runCommand([program, ...rest]);
	if (result === undefined) throw new EngineError("unavailable", `secret key: no program ${program}`);
	if (result.exitCode !== 0)
		throw new EngineError("unavailable", `secret key: ${program} ended with code ${result.exitCode}`);
	return decodeKey(Buffer.from(result.stdout), program);
}

function makeKey(path: string): Uint8Array {
	const key = randomBytes(keyBytes);
	try {
		writeFileAtomic(path, `${key.toString("hex")}\n`, 0o600);
	} catch (error) {
		throw translateSystemError(error, path);
	}
	return key;
}

function decodeKey(bytes: Buffer, source: string): Uint8Array {
	if (bytes.length === keyBytes) return bytes;
	const text = bytes.toString("latin1").trim();
	if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
	if (/^[A-Za-z0-9+/]{43}=?$/.test(text)) return Buffer.from(text, "base64");
	throw new EngineError(
		"invalid_argument",
		`secret key of ${source}: expected ${keyBytes} bytes, raw or in hex or base64`,
	);
}
