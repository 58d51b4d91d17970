/** What a guard must know of the engine beside the server's backends. */
export interface GuardRooms {
	/** A container by name, id or its beginning, as operations find it. `undefined`: there is none, or several. */
	container(reference: string): { readonly id: string; readonly labels: Labels } | undefined;
	/** An image, as operations find it. */
	image(reference: string): KnownImage | undefined;
}

export interface KnownImage {
	readonly id: string;
	/** Canonical, with tags or digests. */
	readonly names: readonly string[];
}

type Labels = Readonly<Record<string, string>>;
