import { closeSync, openSync } from "node:fs";
import { delay, EngineError } from "../../lib/index.ts";
import { tryLockFile } from "../../sys/index.ts";

/** One for the host: engines with different data roots choose from the same pools. */
const LOCK_FILE = "/run/hull-subnets.lock";
const RETRY_MS = 5;
const DEADLINE_MS = 10_000;

/** Waits until no other engine of this host is choosing a subnet. A process that dies lets go. */
export async function lockSubnets(): Promise<Disposable> {
	const fd = openSync(LOCK_FILE, "w", 0o600);
	try {
		const deadline = Date.now() + DEADLINE_MS;
		while (!tryLockFile(fd)) {
			if (Date.now() > deadline)
				throw new EngineError(
					"unavailable",
					`another engine has been choosing a subnet for long (${LOCK_FILE})`,
				);
			await delay(RETRY_MS);
		}
	} catch (error) {
		closeSync(fd);
		throw error;
	}
	return { [Symbol.dispose]: () => closeSync(fd) };
}
