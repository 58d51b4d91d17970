import type { TarExtent } from "./entry.ts";
import { parseNumber } from "./number.ts";
import { parsePaxNumber } from "./pax.ts";

type Fail = (reason: string) => never;

/** More pieces than this in one file are refused. */
const MAX_EXTENTS = 100_000;

/** Old GNU: pairs of offset and length in a header (4 of them) or an extension block (21). */
export function parseOldExtents(
	block: Buffer,
	place: { offset: number; count: number },
	fail: Fail,
): TarExtent[] {
	const extents: TarExtent[] = [];
	for (let index = 0; index < place.count; index++) {
		const at = place.offset + index * 24;
		if (block[at] === 0) break;
		const offset = parseNumber(block, at, 12);
		const length = parseNumber(block, at + 12, 12);
		if (offset === undefined || length === undefined) fail("bad number in sparse map");
		extents.push({ offset, length });
	}
	return extents;
}

/** Formats 0.0 and 0.1: a list of numbers, offset and length in turn. */
export function parseExtentList(numbers: readonly string[], fail: Fail): TarExtent[] {
	if (numbers.length % 2 !== 0) fail("odd sparse map");
	const extents: TarExtent[] = [];
	for (let index = 0; index < numbers.length; index += 2) {
		const offset = parsePaxNumber(numbers[index]!);
		const length = parsePaxNumber(numbers[index + 1]!);
		if (offset === undefined || length === undefined) fail("bad number in sparse map");
		extents.push({ offset, length });
	}
	return extents;
}

/** Format 1.0: the map is lines of decimal numbers in front of the data, padded to a block. */
export class SparseMapReader {
	#text = "";
	#lines = 0;

	/** Takes one block; the map once it is complete. */
	push(block: Buffer, fail: Fail): TarExtent[] | undefined {
		const text = block.toString("latin1");
		for (let index = 0; index < text.length; index++) if (text[index] === "\n") this.#lines++;
		this.#text += text;
		const first = this.#text.indexOf("\n");
		if (first < 0) return this.#text.length > 32 ? fail("bad sparse map") : undefined;
		const count = parsePaxNumber(this.#text.slice(0, first));
		if (count === undefined || count > MAX_EXTENTS) fail("bad number of pieces in sparse map");
		if (this.#lines < 1 + count * 2) {
			if (this.#text.length > 40 * (count + 1) + 512) fail("bad sparse map");
			return undefined;
		}
		return parseExtentList(this.#text.split("\n").slice(1, 1 + count * 2), fail);
	}
}

/** Checks that the pieces are in order, inside the file, and as long as what is stored. */
export function checkExtents(
	extents: readonly TarExtent[],
	{ size, stored }: { size: number; stored: number },
	fail: Fail,
): TarExtent[] {
	if (extents.length > MAX_EXTENTS) fail("too many pieces in sparse map");
	let end = 0;
	let sum = 0;
	for (const { offset, length } of extents) {
		if (offset < end || length < 0 || offset + length > size)
			fail("sparse map out of order or out of the file");
		end = offset + length;
		sum += length;
	}
	if (sum !== stored) fail(`sparse map of ${sum} bytes for ${stored} stored`);
	return extents.filter(({ length }) => length > 0);
}
