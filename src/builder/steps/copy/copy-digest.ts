import { createHash } from "node:crypto";
import type { PlacementMatch } from "../../../archive/index.ts";
import type { Digest } from "../../../oci/index.ts";
import type { CopyOperation } from "../../graph/graph.ts";
import type { CopyPart } from "./part.ts";

/** Part of every key: another way of writing files has other results. */
const version = 1;

/**
 * What the result of a COPY or ADD depends on, beside the tree below: paths, kinds, modes, owners, contents and
 * attributes, in the order in which they are written. Times are no part of it, and neither is where files come from.
 */
export function copyDigest({ target, options }: CopyOperation, parts: readonly CopyPart[]): Digest {
	const hash = createHash("sha256");
	const add = (value: unknown) => hash.update(`${JSON.stringify(value)}\n`);
	const hasOwner = options.chown !== "";
	add(["copy", version, target, options.chown]);
	for (const part of parts) {
		add([part.kind]);
		for (const match of part.kind === "files" ? part.matches : [part.match]) {
			add([match.isFolder, match.name]);
			for (const line of linesOf(match, hasOwner)) add(line);
		}
	}
	return `sha256:${hash.digest("hex")}`;
}

/** Hard links count as far as both names are copied. */
function* linesOf({ entries }: PlacementMatch, hasOwner: boolean): Generator<unknown> {
	const firsts = new Map<string, string>();
	for (const { to, entry } of entries) {
		const { kind, mode, uid, gid, digest, target, xattrs, sameAs } = entry;
		const first = sameAs === "" ? undefined : firsts.get(sameAs);
		if (sameAs !== "" && first === undefined) firsts.set(sameAs, to);
		const owner = hasOwner ? [] : [uid, gid];
		yield [to, kind, kind === "link" ? 0 : mode, owner, digest, target, xattrs, first ?? ""];
	}
}
