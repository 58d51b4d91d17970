/** What a kind of project gets. */
export interface Files {
	readonly dockerfile: string;
	readonly ignore: readonly string[];
	/** That its program listens on, as a rule. */
	readonly port?: number;
}
