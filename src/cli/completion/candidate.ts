/** A word that may come next, and what it is. */
export interface Candidate {
	readonly value: string;
	readonly description?: string;
}
