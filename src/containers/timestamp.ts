import { formatTime } from "../api/syntax.ts";

let last = 0n;

/** Now, as RFC 3339 with nanoseconds in UTC; each call later than the one before. */
export function timestamp(): string {
	let nanos = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
	// The clock was set (or the rounding of a double went back): the wall clock's own reading is right then.
	const wall = BigInt(Date.now()) * 1_000_000n;
	if (nanos - wall > 1_000_000_000n || wall - nanos > 1_000_000_000n) nanos = wall;
	if (nanos <= last) nanos = last + 1n;
	last = nanos;
	return formatTime(nanos);
}

/** Docker's zero time, for what never happened. */
export const zeroTime = "0001-01-01T00:00:00Z";
