/** Docker's filters: key → values, already out of both JSON shapes. */
export type Filters = ReadonlyMap<string, readonly string[]>;
