/** Ends the reading of an instruction with an error at its lines, and at a word of them. */
export type Refuse = (message: string, word?: string) => never;

/** What there is to choose from, for an error. */
export function closed(names: readonly string[]): string {
	return names.length === 0 ? "" : ` (it knows ${names.map((name) => `--${name}`).join(", ")})`;
}
