import { releaseIdleMemory } from "../sys/index.ts";

const lookEveryMs = 5_000;
/** CPU time in that while below which the daemon counts as idle; keep-alive and timers use less. */
const idleMicros = 25_000;

/** Gives memory back whenever the daemon has come to rest after work. */
export function restWhenIdle(): Disposable {
	let last = process.cpuUsage();
	let hasWorked = true;
	const timer = setInterval(() => {
		const { user, system } = process.cpuUsage(last);
		last = process.cpuUsage();
		if (user + system > idleMicros) {
			hasWorked = true;
			return;
		}
		if (!hasWorked) return;
		hasWorked = false;
		releaseIdleMemory();
		// The collection itself is no work to rest from.
		last = process.cpuUsage();
	}, lookEveryMs);
	timer.unref();
	return { [Symbol.dispose]: () => clearInterval(timer) };
}
