import { EngineError } from "../lib/index.ts";

/** `size` ids from `disk` on, as the files have them, are those from `seen` on. */
export interface IdmapRange {
	readonly disk: number;
	readonly seen: number;
	readonly size: number;
	/** `seen` is an id inside of the container's user namespace; otherwise one of the host. */
	readonly relative: boolean;
}

/** Whose the files of a bind mount are; without ranges each id is the same inside of the container's user namespace. */
export interface IdmapOption {
	readonly uids: readonly IdmapRange[];
	readonly gids: readonly IdmapRange[];
}

const maxId = 2 ** 32 - 2;
const maxRanges = 64;

/**
 * The value of `idmap`, as podman writes it: nothing, or `uids=0-1000-1#1-1-999;gids=0-1000-1`, each range
 * `DISK-SEEN-SIZE`, with `@` before it relative to the container's user namespace. Errors: `invalid_argument`.
 */
export function parseIdmap(text: string): IdmapOption {
	if (text === "") return { uids: [], gids: [] };
	const found = new Map<string, IdmapRange[]>();
	for (const part of text.split(";")) {
		const equals = part.indexOf("=");
		const kind = part.slice(0, Math.max(equals, 0));
		if ((kind !== "uids" && kind !== "gids") || found.has(kind)) throw invalid(text);
		const ranges = part.slice(equals + 1).split("#");
		if (ranges.length > maxRanges) throw invalid(text);
		found.set(
			kind,
			ranges.map((range) => parseRange(range, text)),
		);
	}
	const [uids, gids] = [found.get("uids"), found.get("gids")];
	if (uids === undefined || gids === undefined) throw invalid(text);
	assertApart(uids, text);
	assertApart(gids, text);
	return { uids, gids };
}

function parseRange(range: string, text: string): IdmapRange {
	const [, at, ...numbers] = /^(@?)(\d{1,10})-(\d{1,10})-(\d{1,10})$/.exec(range) ?? [];
	const [disk = 0, seen = 0, size = 0] = numbers.map(Number);
	if (size < 1 || disk + size - 1 > maxId || seen + size - 1 > maxId) throw invalid(text);
	return { disk, seen, size, relative: at === "@" };
}

/** The kernel takes no id twice, on either side. */
function assertApart(ranges: readonly IdmapRange[], text: string): void {
	for (const side of ["disk", "seen"] as const) {
		const sorted = ranges.toSorted((a, b) => a[side] - b[side]);
		const overlap = sorted.some((range, index) => {
			const next = sorted[index + 1];
			return next !== undefined && range[side] + range.size > next[side];
		});
		if (overlap) throw invalid(text);
	}
}

function invalid(text: string): EngineError {
	return new EngineError(
		"invalid_argument",
		`invalid idmap ${JSON.stringify(text)}: expected uids=DISK-SEEN-SIZE;gids=DISK-SEEN-SIZE, more ranges after #`,
	);
}
