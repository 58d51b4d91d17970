import type { Images } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import {
	canonicalName,
	type Digest,
	familiarReference,
	isDigest,
	parseReference,
	type Reference,
	withDefaultTag,
} from "../../oci/index.ts";
import type { Registry, Repository } from "../../registry/index.ts";
import type { TrustBackend } from "../../server/index.ts";
import { maxPayloadBytes, parsePublicKey, pushSignature, verifySignatures } from "../../trust/index.ts";
import { registryAuth } from "./registry-auth.ts";

export interface TrustRooms {
	readonly images: Images;
	readonly registry: Registry;
}

const maxKeys = 64;

/** The trust room as the routes want it. */
export function trustBackend({ images, registry }: TrustRooms): TrustBackend {
	const open = (
		reference: Reference,
		{ auth, signal }: Parameters<TrustBackend["sign"]>[2],
		actions: "pull" | "pull,push",
	) =>
		registry.open(reference, {
			actions,
			signal,
			...(auth === undefined ? {} : { auth: registryAuth(auth) }),
		});
	return {
		async sign(name, { Payload = "", Signature = "" }, access) {
			const payload = Buffer.from(Payload, "base64");
			const signature = Buffer.from(Signature, "base64");
			if (payload.length > maxPayloadBytes || signature.length === 0)
				throw new EngineError("invalid_argument", `sign ${name}: no payload or no signature`);
			const repository = open(parseReference(name), access, "pull,push");
			return { Digest: await pushSignature(repository, { payload, signature }) };
		},
		async verify(name, { Keys = [], Name = "repository", Annotations }, access) {
			if (Name !== "repository" && Name !== "any")
				throw new EngineError("invalid_argument", `verify ${name}: Name: expected repository or any`);
			if (Keys.length === 0 || Keys.length > maxKeys)
				throw new EngineError("invalid_argument", `verify ${name}: wants 1 to ${maxKeys} keys`);
			const keys = Keys.map((pem, index) => parsePublicKey(pem, `key ${index + 1}`));
			const reference = withDefaultTag(parseReference(name));
			const source = open(reference, access, "pull");
			const found = [];
			for (const digest of await digestsOf(images, reference, source))
				found.push(
					...(await verifySignatures(digest, {
						...{ reference, keys, source, name: Name },
						...(Annotations === undefined ? {} : { annotations: Annotations }),
					})),
				);
			if (found.length === 0)
				throw new EngineError("forbidden", `${familiarReference(reference)}: no signature by these keys`);
			return {
				Signatures: found.map(({ digest, name: signed, annotations, keyFingerprint }) => ({
					Digest: digest,
					Name: signed,
					Annotations: { ...annotations },
					KeyFingerprint: keyFingerprint,
				})),
			};
		},
	};
}

/** The image that is here, if it came from this repository; else what the registry has under the name. */
async function digestsOf(
	images: Images,
	reference: Reference,
	source: Repository,
): Promise<readonly Digest[]> {
	if (reference.digest !== undefined) return [reference.digest];
	const prefix = `${canonicalName(reference)}@`;
	const local = images.find(`${canonicalName(reference)}:${reference.tag}`)?.repoDigests ?? [];
	const known = local.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
	if (known.length > 0) return known.filter(isDigest);
	return [(await source.manifest(reference.tag!)).digest];
}
