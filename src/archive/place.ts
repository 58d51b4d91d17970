import type { Socket } from "node:net";
import type { Logger } from "../lib/index.ts";
import type { Placement } from "./contract.ts";
import { drained } from "./drained.ts";
import { startWorker } from "./start-worker.ts";
import { encodeEntry } from "./tree-entry.ts";

const batchBytes = 1 << 16;

/** Has files written into a tree. */
export async function place(
	{ matches, ...placement }: Placement,
	options: { readonly log: Logger; readonly mountPoint: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
	const { log, mountPoint, signal } = options;
	using worker = startWorker({ op: "place", placement, mountPoint }, { log, signal, input: true });
	const told = tell(matches, worker.input!);
	await Promise.race([worker.result, told.then(() => worker.result)]);
}

async function tell(matches: Placement["matches"], input: Socket): Promise<void> {
	let batch = "";
	for (const { name, isFolder, entries } of matches) {
		batch += `${JSON.stringify([name, isFolder])}\n`;
		for (const { to, entry } of entries) {
			batch += `${JSON.stringify([to, encodeEntry(entry)])}\n`;
			if (batch.length < batchBytes) continue;
			if (input.destroyed) return;
			if (!input.write(batch)) await drained(input);
			batch = "";
		}
	}
	input.end(batch);
}
