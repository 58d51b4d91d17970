/** Nanoseconds since 1970 as the API takes times: seconds, with nine decimals. */
export function unixTime(nanos: bigint): string {
	const seconds = nanos / 1_000_000_000n;
	return `${seconds}.${(nanos % 1_000_000_000n).toString().padStart(9, "0")}`;
}
