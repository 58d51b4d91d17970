/** Converters for flag values; errors are worded as Go's, which is what users of docker see. */

export function parseInteger(text: string): number {
	if (!/^[+-]?\d+$/.test(text))
		throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
	const value = Number(text);
	if (!Number.isSafeInteger(value))
		throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
	return value;
}

export function parseUint16(text: string): number {
	if (!/^\+?\d+$/.test(text))
		throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
	const value = Number(text);
	if (value > 0xffff)
		throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
	return value;
}

/** A `--filter` value: `name=value`; keys are case-insensitive. */
export function parseFilter(text: string): { readonly key: string; readonly value: string } {
	const equals = text.indexOf("=");
	if (equals < 0) throw new Error("bad format of filter (expected name=value)");
	return { key: text.slice(0, equals).trim().toLowerCase(), value: text.slice(equals + 1).trim() };
}

/** Filters as the API takes them: key → values. */
export function collectFilters(
	filters: readonly { key: string; value: string }[],
): Record<string, readonly string[]> {
	const collected: Record<string, string[]> = {};
	for (const { key, value } of filters) {
		collected[key] ??= [];
		collected[key].push(value);
	}
	return collected;
}
