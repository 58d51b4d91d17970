import { type Static, Type } from "typebox";

export const ImageSignRequest = Type.Object({
	/** Base64 of the signed bytes: a simple-signing payload that names the image by its digest. */
	Payload: Type.String(),
	/** Base64. */
	Signature: Type.String(),
});
export type ImageSignRequest = Static<typeof ImageSignRequest>;

export const ImageSignResponse = Type.Object({ Digest: Type.String() });
export type ImageSignResponse = Static<typeof ImageSignResponse>;

export const ImageVerifyRequest = Type.Object({
	/** Public keys in PEM; at least one. */
	Keys: Type.Array(Type.String()),
	/** `repository` (the default): the payload must name this repository; `any`: it need not. */
	Name: Type.Optional(Type.String()),
	/** What the payload must say beside. */
	Annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type ImageVerifyRequest = Static<typeof ImageVerifyRequest>;

export const ImageVerifyResponse = Type.Object({
	Signatures: Type.Array(
		Type.Object({
			Digest: Type.String(),
			/** The repository that the signer named. */
			Name: Type.String(),
			Annotations: Type.Record(Type.String(), Type.Unknown()),
			/** SHA-256 of the public key, hex. */
			KeyFingerprint: Type.String(),
		}),
	),
});
export type ImageVerifyResponse = Static<typeof ImageVerifyResponse>;
