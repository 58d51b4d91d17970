import type { Digest } from "../oci/index.ts";

/** The 12 hex digits that Docker shows. */
export function shortId(digest: Digest): string {
	return digest.slice("sha256:".length, "sha256:".length + 12);
}
