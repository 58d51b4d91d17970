export interface CopyOptions {
	/** Keep owners. */
	readonly archive: boolean;
	/** Copy what a symlink names instead of the link. */
	readonly followLink: boolean;
}
