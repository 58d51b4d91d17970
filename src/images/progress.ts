import type { Progress, ProgressMessage } from "./contract.ts";

const intervalMs = 100;

/** Passes on at most ten messages a second, and always those that are not about bytes. */
export function throttled(progress: Progress): Progress {
	let last = 0;
	return (message: ProgressMessage) => {
		if (message.progressDetail?.current !== undefined) {
			const now = performance.now();
			if (now - last < intervalMs) return;
			last = now;
		}
		progress(message);
	};
}
