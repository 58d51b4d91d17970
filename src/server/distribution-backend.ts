import type { AuthConfig, DistributionInspect, ImageSearchResponseItem } from "../api/index.ts";
import type { Filters } from "./filters.ts";

export interface DistributionBackend {
	/** What a registry has under a name; nothing is pulled. */
	inspect(
		reference: string,
		access: { readonly auth: AuthConfig | undefined; readonly signal: AbortSignal },
	): Promise<DistributionInspect>;
	/** Repositories of Docker Hub, or of the registry that the term begins with (`localhost:5000/app`). */
	search(
		request: {
			readonly term: string;
			readonly limit: number;
			readonly filters: Filters;
			readonly auth: AuthConfig | undefined;
		},
		signal: AbortSignal,
	): Promise<ImageSearchResponseItem[]>;
}
