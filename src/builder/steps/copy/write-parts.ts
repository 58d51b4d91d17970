import type { Archive, ExtractLimits, Placement, PlacementMatch } from "../../../archive/index.ts";
import { EngineError } from "../../../lib/index.ts";
import { fromByteString, toByteString } from "../../../sys/index.ts";
import type { CopyTarget } from "../../contract.ts";
import type { CopyOperation } from "../../graph/graph.ts";
import { contentOf } from "./content-of.ts";
import type { CopyPart } from "./part.ts";

interface Writing {
	readonly operation: CopyOperation;
	readonly parts: readonly CopyPart[];
	readonly target: CopyTarget;
}

interface WriteOptions {
	readonly archive: Archive;
	readonly limits: ExtractLimits;
	readonly signal: AbortSignal;
}

/** Writes what was gathered, part after part: a later one replaces what an earlier one wrote. */
export async function writeParts(
	{ operation, parts, target }: Writing,
	{ archive, limits, signal }: WriteOptions,
): Promise<void> {
	const { options } = operation;
	const latest = target.sourceDateEpoch;
	const path = toByteString(operation.target);
	const common = {
		root: target.root,
		path,
		isFolder: operation.target.endsWith("/"),
		owner: options.chown,
		...(latest === undefined ? {} : { latest }),
	};
	const place = (placement: Placement) => archive.place(placement, signal);
	for (const part of parts) {
		const { source } = part;
		if (part.kind === "files") {
			await place({ ...common, source, matches: part.matches });
			continue;
		}
		const content = () => contentOf(archive, part, signal);
		if (!(await archive.isArchive(content(), signal))) {
			await place({ ...common, source, matches: [part.match] });
			continue;
		}
		if (options.chmod !== "")
			throw new EngineError(
				"invalid_argument",
				`${fromByteString(part.match.name)}: --chmod does not go with an archive that is unpacked`,
			);
		const folder = () => place({ ...common, isFolder: true, source, matches: [emptyFolder] });
		await folder();
		await archive.unpack(target.root, operation.target, content(), {
			noOverwriteDirNonDir: false,
			...(options.chown === "" ? {} : { ownerName: options.chown }),
			...(latest === undefined ? {} : { latest }),
			limits,
			signal,
		});
		// The folder's own time is that of the last file that was put into it.
		if (latest !== undefined) await folder();
	}
}

const emptyFolder: PlacementMatch = { name: "", isFolder: true, entries: [] };
