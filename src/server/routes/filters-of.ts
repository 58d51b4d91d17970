import type { Filters } from "../filters.ts";

/** Filters of a query as the backends take them; none when there are none. */
export function filtersOf(filters: Readonly<Record<string, readonly string[]>> | undefined): Filters {
	return new Map(Object.entries(filters ?? {}));
}
