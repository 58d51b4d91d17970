import { createStdcopyDecoder, type OutputPiece } from "../../api/syntax.ts";
import { createWriter } from "./writer.ts";

/**
 * Copies a container's output to stdout and stderr until it ends. A terminal's output is one stream of raw bytes;
 * otherwise both come as frames.
 */
export async function copyOutput(
	output: AsyncIterable<Uint8Array>,
	options: { tty: boolean; stdout?: boolean; stderr?: boolean },
): Promise<void> {
	const writers = { stdout: createWriter(1), stderr: createWriter(2) };
	if (options.tty) {
		for await (const chunk of output) await writers.stdout([chunk]);
		return;
	}
	const wanted = { stdout: options.stdout ?? true, stderr: options.stderr ?? true };
	const decoder = createStdcopyDecoder();
	for await (const chunk of output) {
		for (const { stream, pieces } of byStream(decoder.push(chunk)))
			if (wanted[stream]) await writers[stream](pieces);
	}
}

/** Neighbours of one stream are written together. */
function byStream(pieces: readonly OutputPiece[]): { stream: OutputPiece["stream"]; pieces: Uint8Array[] }[] {
	const runs: { stream: OutputPiece["stream"]; pieces: Uint8Array[] }[] = [];
	for (const { stream, data } of pieces) {
		const last = runs.at(-1);
		if (last?.stream === stream) last.pieces.push(data);
		else runs.push({ stream, pieces: [data] });
	}
	return runs;
}
