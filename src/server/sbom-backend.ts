export interface SbomBackend {
	/** `packages`, `spdx-json` or `cyclonedx-json`; another is `invalid_argument`. */
	sbom(
		reference: string,
		options: { readonly format: string; readonly signal: AbortSignal },
	): Promise<unknown>;
}
