import { createStdcopyDecoder } from "../../api/syntax.ts";
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
		for await (const chunk of output) await writers.stdout(chunk);
		return;
	}
	const wanted = { stdout: options.stdout ?? true, stderr: options.stderr ?? true };
	const decoder = createStdcopyDecoder();
	for await (const chunk of output) {
		for (const { stream, data } of decoder.push(chunk)) if (wanted[stream]) await writers[stream](data);
	}
}
