import type { Logger } from "../lib/index.ts";
import { parseDigest } from "../oci/index.ts";
import type { ExtractLayer } from "./contract.ts";
import { isRecord, numberIn, stringIn } from "./protocol.ts";
import { startWorker } from "./start-worker.ts";

export function extractLayerWith(log: Logger): ExtractLayer {
	return async ({ signal, onProgress, ...request }) => {
		using worker = startWorker(
			{ op: "extract-layer", ...request },
			{
				log,
				signal,
				onMessage: (message) => {
					if (message.kind === "progress") onProgress?.(message.compressedBytes);
				},
			},
		);
		const result = await worker.result;
		if (!isRecord(result)) throw new Error("extract-layer: no result");
		return {
			diffId: parseDigest(stringIn(result, "diffId")),
			bytes: numberIn(result, "bytes"),
			inodes: numberIn(result, "inodes"),
		};
	};
}
