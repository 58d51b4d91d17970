import { constants } from "node:os";

/** A child process. It lives on when this process ends. */
export interface ChildProcess {
	readonly pid: number;
	/** Exit code, or 128 + n when ended by signal n. Does not keep this process alive. */
	readonly exited: Promise<number>;
}

/**
 * Starts a program with exactly these descriptors (0, 1, 2, …; `null` is /dev/null), which stay the caller's. The
 * child is made without copying this process's memory. Errors are those of the system call (`ENOENT`, …).
 */
export function spawnProcess(
	command: readonly string[],
	descriptors: readonly (number | null)[],
): ChildProcess {
	const stdio = descriptors.map((fd) => fd ?? ("ignore" as const));
	const child = Bun.spawn([...command], {
		// Extra descriptors are taken, though the types know but three.
		stdio: stdio as unknown as ["ignore", "ignore", "ignore"],
	});
	child.unref();
	return {
		pid: child.pid,
		exited: child.exited.then(() => child.exitCode ?? 128 + signalNumber(child.signalCode)),
	};
}

function signalNumber(signal: NodeJS.Signals | number | null): number {
	return typeof signal === "string" ? constants.signals[signal] : (signal ?? 0);
}
