import { connect, type Socket } from "node:net";
import { constants } from "node:os";
import { closeFd } from "./files-at.ts";
import { createSocketPair } from "./socketpair.ts";

/** A child process that does confined or heavy work; what it says travels over stream sockets. */
export interface WorkerProcess {
	readonly pid: number;
	/** Its stdin; ended by the caller. */
	readonly input: Socket | undefined;
	/** Its stdout. */
	readonly output: Socket | undefined;
	/** Its descriptor 3. */
	readonly control: Socket;
	/** Exit code, or 128 + n when ended by signal n. */
	readonly exited: Promise<number>;
	kill(): void;
}

/** Starts a worker. Its stderr is the caller's. */
export function spawnWorker(
	command: readonly string[],
	streams: { readonly input: boolean; readonly output: boolean },
): WorkerProcess {
	const input = streams.input ? createSocketPair() : undefined;
	const output = streams.output ? createSocketPair() : undefined;
	const control = createSocketPair();
	const pairs = [input, output, control].filter((pair) => pair !== undefined);
	let child: ReturnType<typeof start>;
	try {
		child = start(command, [input?.[1] ?? "ignore", output?.[1] ?? "ignore", "inherit", control[1]]);
	} catch (error) {
		for (const pair of pairs) closeFd(pair[0]);
		throw error;
	} finally {
		for (const pair of pairs) closeFd(pair[1]);
	}
	return {
		pid: child.pid,
		input: input && socketOf(input[0]),
		output: output && socketOf(output[0]),
		control: socketOf(control[0]),
		exited: child.exited.then(() => child.exitCode ?? 128 + signalNumber(child.signalCode)),
		kill: () => child.kill("SIGKILL"),
	};
}

function start(command: readonly string[], stdio: (number | "ignore" | "inherit")[]) {
	// Extra descriptors are taken, though the types know but three.
	return Bun.spawn([...command], { stdio: stdio as unknown as ["ignore", "ignore", "inherit"] });
}

function socketOf(fd: number): Socket {
	return connect({ fd, allowHalfOpen: true } as unknown as { path: string });
}

function signalNumber(signal: NodeJS.Signals | number | null): number {
	return typeof signal === "string" ? constants.signals[signal] : (signal ?? 0);
}
