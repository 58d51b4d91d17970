import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "../oci/index.ts";
import { isEncryptedKey, parsePrivateKey, parsePublicKey } from "./keys.ts";
import { formatPayload, parsePayload } from "./payload.ts";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-keys-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
const read = (name: string) => readFileSync(join(folder, name), "utf8");
const invalid = (text: string) =>
	expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(text) });

const kinds = [
	["ECDSA on P-256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["dgst", "-sha256"]],
	["RSA", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ["dgst", "-sha256"]],
	["Ed25519", ["-algorithm", "ED25519"], undefined],
] as const;

describe.each(kinds)("%s", (_name, generate, digest) => {
	const payload = formatPayload({ digest: digestOf("image"), name: "registry.lan/app", annotations: {} });
	beforeAll(() => {
		openssl("genpkey", ...generate, "-out", "key.pem");
		openssl("pkey", "-in", "key.pem", "-pubout", "-out", "key.pub");
		writeFileSync(join(folder, "payload"), payload);
	});

	test("openssl verifies what is signed here", () => {
		writeFileSync(join(folder, "signature"), parsePrivateKey(read("key.pem"), "key").sign(payload));
		const answer =
			digest === undefined
				? openssl(
						"pkeyutl",
						"-verify",
						"-pubin",
						"-inkey",
						"key.pub",
						"-rawin",
						"-in",
						"payload",
						"-sigfile",
						"signature",
					)
				: openssl(...digest, "-verify", "key.pub", "-signature", "signature", "payload");
		expect(answer.toString()).toMatch(/Verified (OK|Successfully)/);
	});

	test("what openssl signs verifies here, and nothing else does", () => {
		if (digest === undefined)
			openssl("pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-in", "payload", "-out", "signature");
		else openssl(...digest, "-sign", "key.pem", "-out", "signature", "payload");
		const key = parsePublicKey(read("key.pub"), "key");
		const signature = readFileSync(join(folder, "signature"));
		expect(key.verifies(payload, signature)).toBe(true);
		expect(key.verifies(Buffer.from("another"), signature)).toBe(false);
		expect(key.verifies(payload, Buffer.from("no signature"))).toBe(false);
		expect(key.verifies(payload, new Uint8Array())).toBe(false);
		expect(key.fingerprint).toBe(parsePrivateKey(read("key.pem"), "key").publicKey.fingerprint);
	});
});

test("a passphrase opens a key, a wrong one does not", () => {
	openssl(
		"genpkey",
		"-algorithm",
		"EC",
		"-pkeyopt",
		"ec_paramgen_curve:P-256",
		"-aes256",
		"-pass",
		"pass:secret",
		"-out",
		"locked.pem",
	);
	expect(isEncryptedKey(read("locked.pem"))).toBe(true);
	expect(() => parsePrivateKey(read("locked.pem"), "locked.pem", "secret")).not.toThrow();
	expect(() => parsePrivateKey(read("locked.pem"), "locked.pem", "wrong")).toThrow(invalid("locked.pem"));
	expect(() => parsePrivateKey(read("locked.pem"), "locked.pem")).toThrow(invalid("locked.pem"));
});

test("weak keys, other curves and things that are no keys are refused by name", () => {
	openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "weak.pem");
	openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", "other.pem");
	for (const name of ["weak.pem", "other.pem"])
		expect(() => parsePrivateKey(read(name), name)).toThrow(invalid(`${name}: keys must be`));
	expect(() => parsePublicKey("hello", "a text")).toThrow(invalid("a text is no key"));
	const sigstore =
		"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----";
	expect(() => parsePrivateKey(sigstore, "cosign.key")).toThrow(
		invalid("cosign.key is encrypted in cosign's own way"),
	);
});

test("a payload is read back as it was written, and anything else is corrupt", () => {
	const claim = { digest: digestOf("x"), name: "registry.lan/app", annotations: { stage: "prod" } };
	expect(parsePayload(formatPayload(claim))).toEqual(claim);
	const good = JSON.parse(Buffer.from(formatPayload(claim)).toString());
	for (const bad of [
		"",
		"[]",
		"{}",
		JSON.stringify({ critical: { ...good.critical, type: "a letter" } }),
		JSON.stringify({ critical: { ...good.critical, image: { "docker-manifest-digest": "md5:1" } } }),
		JSON.stringify({ critical: { ...good.critical, identity: null } }),
	])
		expect(() => parsePayload(Buffer.from(bad))).toThrow(expect.objectContaining({ code: "corrupt" }));
});
