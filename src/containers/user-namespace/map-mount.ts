import type { IdmapOption, IdmapRange } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import { mapOwners } from "../../store/index.ts";
import type { IdRange, IdRanges } from "../../sys/index.ts";
import type { Context } from "../context.ts";
import type { HostMount } from "../lifecycle/prepare-mounts.ts";
import type { Identity } from "./identity.ts";
import { outsideOf } from "./ids.ts";

/** Whether a mount's files are seen as somebody else's: volumes in a user namespace, binds when they ask for it. */
export function isMapped({ idmap, isVolume }: HostMount, mapped: Identity | undefined): boolean {
	return idmap !== undefined || (isVolume === true && mapped !== undefined);
}

/**
 * Maps the owners of a mount's tree, which is nowhere yet. Errors: `invalid_argument` when the ids are not there;
 * `unavailable` when its file system cannot.
 */
export async function mapMount(
	context: Pick<Context, "runtimes">,
	mount: HostMount,
	{ tree, mapped }: { readonly tree: number; readonly mapped: Identity | undefined },
): Promise<void> {
	const { idmap, source: path, recursive } = mount;
	if (idmap === undefined || idmap.uids.length === 0) {
		if (mapped === undefined) throw needsNamespace(mount);
		mapOwners(tree, mapped.namespace.fd, { path, recursive });
		return;
	}
	// A user namespace is how the kernel is told of ids; nobody is ever in this one.
	using own = await context.runtimes.process.openUserNamespace!({ ids: rangesOf(idmap, mapped) });
	mapOwners(tree, own.fd, { path, recursive });
}

export function needsNamespace({ target }: { readonly target: string }): EngineError {
	return new EngineError(
		"invalid_argument",
		`mount ${target}: idmap without ranges needs a user namespace of the container's own (--userns)`,
	);
}

function rangesOf({ uids, gids }: IdmapOption, mapped: Identity | undefined): IdRanges {
	const outside = (ranges: readonly IdRange[] | undefined) => (range: IdmapRange) => ({
		inside: range.disk,
		outside: range.relative && ranges !== undefined ? wholeRange(ranges, range) : range.seen,
		size: range.size,
	});
	return { uids: uids.map(outside(mapped?.ids.uids)), gids: gids.map(outside(mapped?.ids.gids)) };
}

function wholeRange(ranges: readonly IdRange[], { seen, size }: IdmapRange): number {
	const first = outsideOf(ranges, seen, "idmap: id");
	if (outsideOf(ranges, seen + size - 1, "idmap: id") === first + size - 1) return first;
	throw new EngineError("invalid_argument", `idmap: ids from ${seen} on do not follow each other`);
}
