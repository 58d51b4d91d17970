/** Character cells, named as the API's parameters. */
export interface CellSize {
	readonly h: number;
	readonly w: number;
}

/** Size of our terminal; `undefined` when stdout is none. */
export async function currentSize(): Promise<CellSize | undefined> {
	const { terminalSize } = await import("../../sys/terminal.ts");
	const size = terminalSize(1) ?? terminalSize(0);
	return size === undefined ? undefined : { h: size.rows, w: size.columns };
}

const retries = 10;
const retryMs = 20;

/**
 * Keeps the process's terminal at our size: now and whenever ours changes. The first resize is tried again for a
 * while, because the process may not have its terminal yet.
 */
export async function followSize(resize: (size: CellSize) => Promise<unknown>): Promise<Disposable> {
	const apply = async (attempts: number) => {
		const size = await currentSize();
		if (size === undefined) return;
		for (let attempt = 0; attempt < attempts; attempt++) {
			const done = await resize(size).then(
				() => true,
				() => false,
			);
			if (done) return;
			await new Promise((resolve) => setTimeout(resolve, retryMs * (attempt + 1)));
		}
	};
	const onChange = () => void apply(1);
	process.on("SIGWINCH", onChange);
	void apply(retries);
	return { [Symbol.dispose]: () => process.off("SIGWINCH", onChange) };
}
