import { errnoOf } from "../lib/index.ts";

export interface PipedStream extends AsyncIterable<Uint8Array> {
	/** After the stream has ended: the program's exit code and what it said on stderr. */
	result(): Promise<{ readonly exitCode: number; readonly stderr: string }>;
}

/**
 * Sends a stream through a program (`xz -dc`), in step with whoever reads. `undefined` when there is no such program.
 * The program ends with the reading, also when that stops early; an error of the source is thrown to the reader.
 */
export function pipeThrough(
	command: readonly string[],
	source: AsyncIterable<Uint8Array>,
): PipedStream | undefined {
	const child = start(command);
	if (child === undefined) return undefined;
	const stderr = new Response(child.stderr).text();
	const feed = async () => {
		try {
			for await (const bytes of source) {
				child.stdin.write(bytes);
				await child.stdin.flush();
			}
		} finally {
			// A program that ended early has closed its end; its exit code says why.
			await Promise.resolve(child.stdin.end()).catch(() => {});
		}
	};
	return {
		async *[Symbol.asyncIterator]() {
			let failure: { error: unknown } | undefined;
			const fed = feed().catch((error: unknown) => {
				if (errnoOf(error) !== "EPIPE") failure = { error };
			});
			try {
				yield* child.stdout;
				await fed;
			} finally {
				child.kill();
			}
			if (failure !== undefined) throw failure.error;
		},
		result: async () => ({ exitCode: await child.exited, stderr: await stderr }),
	};
}

function start(command: readonly string[]) {
	try {
		return Bun.spawn([...command], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}
