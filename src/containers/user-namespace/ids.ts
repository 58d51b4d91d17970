import { readFileSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";
import type { IdRange, IdRanges } from "../../sys/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { saveRecord } from "../record/change.ts";

/** As many as there are in an image: all that 16 bits hold. */
export const rangeSize = 65_536;

/**
 * Where ranges of containers are taken from: within what systemd sets aside for containers, above what it takes
 * itself for those it starts by name. https://systemd.io/UIDS-GIDS/
 */
const pool = { first: 0x2000_0000, end: 0x6fff_0000 } as const;

/**
 * A range of ids that no other container has and no user of the host was given, kept until the container is removed.
 * It is in the record before anything runs with it, and gone with it, so no kill can lose or double one.
 */
export function ownIds(context: Pick<Context, "documents" | "registry">, container: Container): IdRanges {
	const { idRange } = container.record;
	if (idRange !== undefined) return rangesFrom(idRange.first);
	const taken = new Set([...context.registry.all()].flatMap(({ record }) => record.idRange?.first ?? []));
	const first = firstFree(taken, delegatedRanges());
	saveRecord(context, container, { ...container.record, idRange: { first } });
	return rangesFrom(first);
}

function rangesFrom(first: number): IdRanges {
	const range = [{ inside: 0, outside: first, size: rangeSize }];
	return { uids: range, gids: range };
}

export function firstFree(taken: ReadonlySet<number>, delegated: readonly IdRange[]): number {
	for (let first = pool.first; first < pool.end; first += rangeSize) {
		const isDelegated = delegated.some(
			({ outside, size }) => outside < first + rangeSize && first < outside + size,
		);
		if (!isDelegated && !taken.has(first)) return first;
	}
	throw new EngineError("unavailable", "no range of user ids is left for another container");
}

/** What users of the host may have for containers of their own. */
function delegatedRanges(): IdRange[] {
	return ["/etc/subuid", "/etc/subgid"].flatMap((path) => {
		try {
			return parseSubordinateIds(readFileSync(path, "utf8")).map(({ range }) => range);
		} catch {
			return [];
		}
	});
}

/** `name:first:size`, one a line. https://man7.org/linux/man-pages/man5/subuid.5.html */
export function parseSubordinateIds(text: string): { readonly owner: string; readonly range: IdRange }[] {
	return text.split("\n").flatMap((line) => {
		const [owner = "", first = "", size = ""] = line.trim().split(":");
		if (owner === "" || owner.startsWith("#") || !/^\d{1,10}$/.test(first) || !/^\d{1,10}$/.test(size))
			return [];
		return [{ owner, range: { inside: 0, outside: Number(first), size: Number(size) } }];
	});
}

/** Who an id is outside. `invalid_argument` when the namespace does not have it; `what` names it. */
export function outsideOf(ranges: readonly IdRange[], id: number, what: string): number {
	const range = ranges.find(({ inside, size }) => id >= inside && id < inside + size);
	if (range !== undefined) return range.outside + (id - range.inside);
	throw new EngineError("invalid_argument", `${what} ${id} is not there in the container's user namespace`);
}
