import type {
	AuthConfig,
	ImageSignRequest,
	ImageSignResponse,
	ImageVerifyRequest,
	ImageVerifyResponse,
} from "../api/index.ts";

export interface RegistryAccess {
	readonly auth: AuthConfig | undefined;
	readonly signal: AbortSignal;
}

export interface TrustBackend {
	/** Pushes a signature. `not_found` when the registry does not have the image. */
	sign(reference: string, request: ImageSignRequest, access: RegistryAccess): Promise<ImageSignResponse>;
	/** `forbidden` when no signature verifies. */
	verify(
		reference: string,
		request: ImageVerifyRequest,
		access: RegistryAccess,
	): Promise<ImageVerifyResponse>;
}
