/** When a registry that does not refuse, but does not come to an end either, is given up. */
export interface Patience {
	/** Nothing at all for so long. */
	readonly silenceMs: number;
	/** An answer of which less than `slowBytes` came in a whole `slowMs`. */
	readonly slowMs: number;
	readonly slowBytes: number;
}

export const defaultPatience: Patience = { silenceMs: 60_000, slowMs: 60_000, slowBytes: 16 * 1024 };

/** Watches an answer's body as it comes in. */
export interface SpeedWatch extends Disposable {
	/** The reader takes this many bytes, and has not asked for more yet. */
	taken(bytes: number): void;
	/** The reader waits for more. */
	waiting(): void;
}

/** Calls `onSlow` when too little comes to a reader that waits. Disposing ends the watch. */
export function watchSpeed({ slowMs, slowBytes }: Patience, onSlow: () => void): SpeedWatch {
	let counted = 0;
	let waits = true;
	const timer = setInterval(() => {
		if (waits && counted < slowBytes) onSlow();
		counted = 0;
	}, slowMs);
	return {
		taken: (bytes) => {
			counted += bytes;
			waits = false;
		},
		waiting: () => {
			waits = true;
		},
		[Symbol.dispose]: () => clearInterval(timer),
	};
}
