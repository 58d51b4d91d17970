/**
 * Bytes from one socket to one reader, in order, with back-pressure: above the high-water mark the socket is paused
 * until the reader has taken what is queued.
 */
export interface ByteQueue extends AsyncIterable<Buffer> {
	push(chunk: Buffer): void;
	/** No more will come; the error, if any, is thrown after what is queued was read. */
	finish(error?: Error): void;
}

const highWaterBytes = 1024 * 1024;

export function createByteQueue(source: { pause(): unknown; resume(): unknown }): ByteQueue {
	let chunks: Buffer[] = [];
	let queuedBytes = 0;
	let paused = false;
	let done: { error: Error | undefined } | undefined;
	let wake: (() => void) | undefined;

	const signalReader = () => {
		wake?.();
		wake = undefined;
	};
	return {
		push(chunk) {
			if (done !== undefined || chunk.length === 0) return;
			chunks.push(chunk);
			queuedBytes += chunk.length;
			if (!paused && queuedBytes > highWaterBytes) {
				paused = true;
				source.pause();
			}
			signalReader();
		},
		finish(error) {
			if (done !== undefined) return;
			done = { error };
			signalReader();
		},
		async *[Symbol.asyncIterator]() {
			while (true) {
				const batch = chunks;
				chunks = [];
				queuedBytes = 0;
				yield* batch;
				if (chunks.length > 0) continue;
				if (done !== undefined) {
					if (done.error !== undefined) throw done.error;
					return;
				}
				if (paused) {
					paused = false;
					source.resume();
				}
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
		},
	};
}
