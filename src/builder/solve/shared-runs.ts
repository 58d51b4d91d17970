import { abortable, EngineError, isEngineError } from "../../lib/index.ts";

/** What a step tells while it runs, without saying whose it is. */
export interface StepOutput {
	readonly stream: "stdout" | "stderr";
	readonly data: Uint8Array;
}

export interface Sharing {
	readonly onOutput: (output: StepOutput) => void;
	readonly signal: AbortSignal;
}

/** Of what was told before somebody joined, so much is kept for those who come later. */
const maxKeptBytes = 1024 * 1024;

interface Run<T> {
	readonly result: Promise<T>;
	readonly listeners: Set<Sharing["onOutput"]>;
	readonly kept: StepOutput[];
	keptBytes: number;
}

/**
 * Work of one key is done once, however many builds ask for it at a time. It is the work of the first: when that one
 * is cancelled, the next does it anew, with its own files and secrets.
 */
export class SharedRuns<T> {
	readonly #runs = new Map<string, Run<T>>();

	/** `start` is called when nobody does it already; it has ended when this resolves or rejects. */
	async join(key: string, sharing: Sharing, start: (tell: Sharing["onOutput"]) => Promise<T>): Promise<T> {
		for (;;) {
			const run = this.#runs.get(key);
			if (run === undefined) return await this.#start(key, sharing, start);
			const joined = await follow(run, sharing);
			if (joined !== undefined) return joined.value;
		}
	}

	async #start(
		key: string,
		{ onOutput, signal }: Sharing,
		start: (tell: Sharing["onOutput"]) => Promise<T>,
	): Promise<T> {
		const { promise, resolve, reject } = Promise.withResolvers<T>();
		promise.catch(() => undefined);
		const run: Run<T> = { result: promise, listeners: new Set([onOutput]), kept: [], keptBytes: 0 };
		this.#runs.set(key, run);
		const tell = (output: StepOutput) => {
			if (run.keptBytes < maxKeptBytes) run.kept.push(output);
			run.keptBytes += output.data.length;
			for (const listener of run.listeners) listener(output);
		};
		try {
			const value = await start(tell);
			resolve(value);
			return value;
		} catch (error) {
			// Whatever reason a signal has for the first, for those who joined it has given up.
			const gaveUp = signal.aborted && !isEngineError(error, "cancelled");
			reject(gaveUp ? new EngineError("cancelled", "the build was cancelled", { cause: error }) : error);
			throw error;
		} finally {
			this.#runs.delete(key);
		}
	}
}

/** `undefined`: whose work it was has given up. */
async function follow<T>(
	run: Run<T>,
	{ onOutput, signal }: Sharing,
): Promise<{ readonly value: T } | undefined> {
	for (const output of run.kept) onOutput(output);
	run.listeners.add(onOutput);
	try {
		return { value: await abortable(run.result, signal) };
	} catch (error) {
		if (signal.aborted || !isEngineError(error, "cancelled")) throw error;
		return undefined;
	} finally {
		run.listeners.delete(onOutput);
	}
}
