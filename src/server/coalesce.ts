const maxBatchBytes = 256 * 1024;

/**
 * Puts together what comes in one go: a source of many small pieces then costs one write for a batch of them, and a
 * piece that comes alone is not delayed by more than a turn of the event loop.
 */
export async function* coalesce(
	source: AsyncIterable<readonly Uint8Array[]>,
): AsyncGenerator<readonly Uint8Array[]> {
	let batch: Uint8Array[] = [];
	let bytes = 0;
	let ended = false;
	let failure: { readonly error: unknown } | undefined;
	let left = false;
	let arrived = Promise.withResolvers<void>();
	let taken = Promise.withResolvers<void>();

	const pump = async () => {
		try {
			for await (const pieces of source) {
				for (const piece of pieces) {
					batch.push(piece);
					bytes += piece.length;
				}
				arrived.resolve();
				if (bytes >= maxBatchBytes) await taken.promise;
				if (left) return;
			}
		} catch (error) {
			failure = { error };
		} finally {
			ended = true;
			arrived.resolve();
		}
	};
	void pump();
	try {
		for (;;) {
			await arrived.promise;
			await new Promise(setImmediate);
			const ready = batch;
			batch = [];
			bytes = 0;
			if (!ended) arrived = Promise.withResolvers<void>();
			taken.resolve();
			taken = Promise.withResolvers<void>();
			if (ready.length > 0) yield ready;
			else if (ended) break;
		}
		if (failure !== undefined) throw failure.error;
	} finally {
		left = true;
		taken.resolve();
	}
}
