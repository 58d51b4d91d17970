import { join } from "node:path";
import type { Archive, ExtractLimits } from "../../../archive/index.ts";
import type { BuildContexts } from "../../contexts/contexts.ts";
import { makeWorkFolder } from "../../contexts/work-folder.ts";
import type { Copier, PreparedCopy } from "../../contract.ts";
import { copyDigest } from "./copy-digest.ts";
import { gatherParts } from "./gather-parts.ts";
import { parseModeChange } from "./mode-change.ts";
import type { CopyPart } from "./part.ts";
import { writeParts } from "./write-parts.ts";

export interface CopierOptions {
	/** The engine's own folder for builds (`<data-root>/builder`). */
	readonly root: string;
	readonly archive: Archive;
	readonly contexts: BuildContexts;
	readonly limits?: ExtractLimits;
}

const defaultLimits: ExtractLimits = { maxBytes: 64 * 1024 ** 3, maxEntries: 4_000_000 };

/** COPY and ADD: what is fetched lies in a folder of the step's own until it is disposed. */
export function createCopier({ root, archive, contexts, limits = defaultLimits }: CopierOptions): Copier {
	return {
		openTree: (tree, signal) => contexts.fromTree(tree, signal),
		async prepareCopy({ operation, source }, signal): Promise<PreparedCopy> {
			const { chmod } = operation.options;
			const changeMode = chmod === "" ? undefined : parseModeChange(chmod);
			const kept = new AsyncDisposableStack();
			try {
				const folder = async () => kept.use(await makeWorkFolder(join(root, "contexts"))).path;
				const gathering = { archive, contexts, limits, folder, keep: kept.use.bind(kept), changeMode };
				const parts = await gatherParts({ operation, source }, { ...gathering, signal });
				return prepared(parts, kept);
			} catch (error) {
				await kept[Symbol.asyncDispose]();
				throw error;
			}

			function prepared(parts: readonly CopyPart[], resources: AsyncDisposableStack): PreparedCopy {
				return {
					digest: copyDigest(operation, parts),
					into: (target, intoSignal) =>
						writeParts({ operation, parts, target }, { archive, limits, signal: intoSignal }),
					[Symbol.asyncDispose]: () => resources[Symbol.asyncDispose]() as Promise<void>,
				};
			}
		},
	};
}
