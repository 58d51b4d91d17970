import { writeSync } from "node:fs";
import type { WorkerMessage } from "../protocol.ts";

const CONTROL_FD = 3;

/** Sends one message to the daemon. */
export function report(message: WorkerMessage): void {
	const line = Buffer.from(`${JSON.stringify(message)}\n`);
	for (let offset = 0; offset < line.length; ) offset += writeSync(CONTROL_FD, line, offset);
}
