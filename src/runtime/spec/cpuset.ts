/**
 * Compares a set of numbers as cpusets write it (`0-2,5`) with the set that there is. Nothing is expanded, so an
 * absurd range costs nothing.
 */
export function cpusetProblem(wanted: string, available: string): "malformed" | "unavailable" | undefined {
	if (wanted === "") return undefined;
	const ranges = parseRanges(wanted);
	if (ranges === undefined) return "malformed";
	const present = mergeRanges(parseRanges(available) ?? []);
	const fits = ranges.every(([first, last]) => present.some(([from, to]) => from <= first && last <= to));
	return fits ? undefined : "unavailable";
}

type Range = readonly [first: number, last: number];

function parseRanges(text: string): Range[] | undefined {
	const ranges: Range[] = [];
	for (const part of text.split(",")) {
		const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim());
		if (match === null) return undefined;
		const first = Number(match[1]);
		const last = Number(match[2] ?? match[1]);
		if (last < first) return undefined;
		ranges.push([first, last]);
	}
	return ranges;
}

/** Joins neighbours, so that `0,1` holds `0-1`. */
function mergeRanges(ranges: Range[]): Range[] {
	const merged: [number, number][] = [];
	for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
		const previous = merged.at(-1);
		if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
		else merged.push([first, last]);
	}
	return merged;
}
