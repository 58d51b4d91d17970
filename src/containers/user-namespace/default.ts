import type { IdRanges } from "../../sys/index.ts";

/** What a container gets that does not say: the host's ids, a range of its own, or the same range as all others. */
export type DefaultUserNamespace =
	| { readonly kind: "host" }
	| { readonly kind: "own" }
	| { readonly kind: "remapped"; readonly ids: IdRanges };
