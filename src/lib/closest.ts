/** The candidate most like the word, if any is like it at all: a prefix, or within a few typing errors. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
	if (word === "") return undefined;
	let best: { candidate: string; distance: number } | undefined;
	for (const candidate of candidates) {
		const distance = candidate.startsWith(word) ? 0.5 : editDistance(word, candidate);
		if (best === undefined || distance < best.distance) best = { candidate, distance };
	}
	const limit = Math.max(1, Math.floor(word.length / 3));
	return best !== undefined && best.distance <= limit ? best.candidate : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(from: string, to: string): number {
	let before: number[] = [];
	let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
	for (let row = 1; row <= from.length; row++) {
		const current = [row];
		for (let column = 1; column <= to.length; column++) {
			const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
			let cost = Math.min(previous[column]! + 1, current[column - 1]! + 1, replaced);
			if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
				cost = Math.min(cost, before[column - 2]! + 1);
			current.push(cost);
		}
		before = previous;
		previous = current;
	}
	return previous[to.length]!;
}
