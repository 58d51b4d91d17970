/**
 * A stream that lets go of what it reads from when it has ended, failed or is given up, even before its first byte:
 * a generator that was not begun would not notice.
 */
export function held(
	stream: AsyncIterable<Uint8Array>,
	resource: AsyncDisposable,
): AsyncIterable<Uint8Array> {
	const inner = stream[Symbol.asyncIterator]();
	const letGo = () => resource[Symbol.asyncDispose]();
	return {
		[Symbol.asyncIterator]: () => ({
			async next() {
				try {
					const result = await inner.next();
					if (result.done) await letGo();
					return result;
				} catch (error) {
					await letGo();
					throw error;
				}
			},
			async return() {
				try {
					await inner.return?.();
				} finally {
					await letGo();
				}
				return { done: true, value: undefined };
			},
		}),
	};
}
