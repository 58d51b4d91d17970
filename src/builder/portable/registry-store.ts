import { isEngineError } from "../../lib/index.ts";
import { parseReference, withDefaultTag } from "../../oci/index.ts";
import type { OpenOptions, Registry } from "../../registry/index.ts";
import type { CacheStore } from "../contract.ts";

/** A cache under a name of a registry. Errors: `invalid_argument` for what is no name; those of registries. */
export function registryStore(registry: Registry, text: string, options: OpenOptions): CacheStore {
	const reference = withDefaultTag(parseReference(text));
	const repository = registry.open(reference, options);
	const name = reference.digest ?? reference.tag!;
	return {
		async manifest() {
			try {
				return await repository.manifest(name);
			} catch (error) {
				if (isEngineError(error, "not_found")) return undefined;
				throw error;
			}
		},
		manifestOf: (digest) => repository.manifest(digest),
		has: ({ digest }) => repository.hasBlob(digest),
		read: (blob) => repository.blob(blob),
		write: (blob, read) => repository.uploadBlob(blob, { read }),
		async publish({ mediaType }, bytes) {
			await repository.putManifest(name, mediaType, bytes);
		},
	};
}
