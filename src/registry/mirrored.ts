import { isEngineError } from "../lib/index.ts";
import type { Repository } from "./contract.ts";

/**
 * A repository that is read from its mirrors first and falls through to the registry itself, request by request. A
 * mirror that cannot be reached is not asked again in this operation. Everything that writes goes to the registry.
 *
 * @param mirrors in the order in which they are asked; without any, the registry is given back as it is.
 */
export function withMirrors(mirrors: readonly Repository[], registry: Repository): Repository {
	if (mirrors.length === 0) return registry;
	const dead = new Set<Repository>();
	const alive = () => mirrors.filter((mirror) => !dead.has(mirror));
	const note = (mirror: Repository, error: unknown) => {
		if (isEngineError(error, "cancelled")) throw error;
		if (isEngineError(error, "unavailable") || isEngineError(error, "timed_out")) dead.add(mirror);
	};
	const read = async <T>(ask: (repository: Repository) => Promise<T>): Promise<T> => {
		for (const mirror of alive()) {
			try {
				return await ask(mirror);
			} catch (error) {
				note(mirror, error);
			}
		}
		return ask(registry);
	};
	return {
		...registry,
		manifest: (tagOrDigest) => read((repository) => repository.manifest(tagOrDigest)),
		referrers: (digest, artifactType) =>
			artifactType === undefined
				? read((repository) => repository.referrers(digest))
				: registry.referrers(digest, artifactType),
		tags: () => read((repository) => repository.tags()),
		async *blob(descriptor, { from = 0, fromMirrors = true } = {}) {
			let received = from;
			for (const mirror of fromMirrors ? alive() : []) {
				try {
					for await (const part of mirror.blob(descriptor, { from: received })) {
						received += part.length;
						yield part;
					}
					return;
				} catch (error) {
					note(mirror, error);
				}
			}
			yield* registry.blob(descriptor, { from: received });
		},
	};
}
