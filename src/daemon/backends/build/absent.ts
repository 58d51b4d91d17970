import type { Builder, Contexts } from "../../../builder/index.ts";
import { EngineError } from "../../../lib/index.ts";

/** What there is of builds before there is a builder: checks and plans work, the rest is refused by name. */
export function absentBuilder(): { readonly builder: Builder; readonly contexts: Contexts } {
	const refuse = async () => {
		throw new EngineError("not_implemented", "building images (ImageBuild) is not supported yet");
	};
	return {
		builder: {
			build: refuse,
			cache: async () => [],
			prune: async () => ({ removed: [], reclaimedBytes: 0 }),
			history: () => [],
			cancel(id) {
				throw new EngineError("not_found", `no such build: ${id}`);
			},
			recover: async () => {},
			close: async () => {},
		},
		contexts: { fromTar: refuse, fromAddress: refuse, empty: refuse },
	};
}
