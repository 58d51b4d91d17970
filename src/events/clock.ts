/** A clock in nanoseconds since 1970 that never repeats and never goes back, and starts after `last`. */
export function createClock(last: bigint, wallNano: () => bigint = wallClock): () => bigint {
	let latest = last;
	return () => {
		const now = wallNano();
		latest = now > latest ? now : latest + 1n;
		return latest;
	};
}

const skewLimit = 1_000_000_000n;

/** Finer than milliseconds, unless the wall clock was set since the process started. */
function wallClock(): bigint {
	const wall = BigInt(Date.now()) * 1_000_000n;
	const fine = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
	const skew = fine > wall ? fine - wall : wall - fine;
	return skew > skewLimit ? wall : fine;
}
