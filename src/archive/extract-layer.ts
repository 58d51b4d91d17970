import type { Socket } from "node:net";
import type { Logger } from "../lib/index.ts";
import { parseDigest } from "../oci/index.ts";
import type { ExtractLayer } from "./contract.ts";
import { drained } from "./drained.ts";
import { isRecord, numberIn, stringIn } from "./protocol.ts";
import { startWorker } from "./start-worker.ts";

export function extractLayerWith(log: Logger): ExtractLayer {
	return async ({ signal, onProgress, growth, ...request }) => {
		using worker = startWorker(
			{ op: "extract-layer", grows: growth !== undefined, ...request },
			{
				log,
				signal,
				input: growth !== undefined,
				onMessage: (message) => {
					if (message.kind === "progress") onProgress?.(message.compressedBytes);
				},
			},
		);
		// A blob that fails to come must not look like one that ended: the worker is killed by leaving.
		const told = growth === undefined ? worker.result : tell(growth, worker.input!);
		const result = await Promise.race([worker.result, told.then(() => worker.result)]);
		if (!isRecord(result)) throw new Error("extract-layer: no result");
		return {
			diffId: parseDigest(stringIn(result, "diffId")),
			bytes: numberIn(result, "bytes"),
			inodes: numberIn(result, "inodes"),
		};
	};
}

async function tell(growth: AsyncIterable<void>, input: Socket): Promise<void> {
	for await (const _ of growth) {
		if (input.destroyed) return;
		if (!input.write("+")) await drained(input);
	}
	input.end(".");
}
