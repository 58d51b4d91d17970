import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { EngineError, type Logger, selfCommand } from "../lib/index.ts";
import { idsOfProcess, spawnWorker, type WorkerProcess } from "../sys/index.ts";
import { parseMessage, type WorkerMessage, type WorkerRequest } from "./protocol.ts";

export interface WorkerOptions {
	readonly log: Logger;
	/** The worker's stdin, or stdout, carries an archive. */
	readonly input?: boolean;
	readonly output?: boolean;
	readonly signal?: AbortSignal | undefined;
	/** Called for progress and stat messages. */
	readonly onMessage?: (message: WorkerMessage) => void;
}

export interface Worker extends Disposable {
	readonly input: Socket | undefined;
	readonly output: Socket | undefined;
	/** The worker's result; fails with its error, or with `cancelled` when the signal aborts. Never unobserved. */
	readonly result: Promise<unknown>;
}

/** Starts one operation. Disposing kills the worker if it still runs. */
export function startWorker(request: WorkerRequest, options: WorkerOptions): Worker {
	if (options.signal?.aborted) throw cancelled(request.op, options.signal);
	const worker = [...selfCommand(), "--worker", "archive", String(process.pid), JSON.stringify(request)];
	const command = [...enteringUserNamespace(request), ...worker];
	const { input = false, output = false, signal } = options;
	const child = spawnWorker(command, { input, output });
	const kill = () => child.kill();
	signal?.addEventListener("abort", kill, { once: true });
	const result = follow(child, request, options).finally(() => signal?.removeEventListener("abort", kill));
	// Whoever reads the archive hears of the failure there; nobody may be waiting here.
	result.catch(() => {});
	// A worker that dies closes its end; its result says why.
	child.input?.on("error", () => {});
	child.output?.on("error", () => {});
	return { input: child.input, output: child.output, result, [Symbol.dispose]: kill };
}

/**
 * A running container's files are whose they are to its own root: in a user namespace the worker is that, from its
 * first instruction, since a process with threads can enter none.
 */
function enteringUserNamespace(request: WorkerRequest): string[] {
	const root = "root" in request ? request.root : undefined;
	if (root?.kind !== "process" || !hasOtherIds(root.pid)) return [];
	return ["nsenter", "--user", "--target", String(root.pid), "--setuid", "0", "--setgid", "0", "--"];
}

function hasOtherIds(pid: number): boolean {
	try {
		return idsOfProcess(pid) !== undefined;
	} catch {
		// It has ended, which the worker says.
		return false;
	}
}

async function follow(child: WorkerProcess, { op }: WorkerRequest, options: WorkerOptions): Promise<unknown> {
	const { log, signal, onMessage } = options;
	let last: Extract<WorkerMessage, { kind: "result" | "error" }> | undefined;
	child.control.on("error", () => {});
	for await (const line of createInterface({ input: child.control })) {
		const message = parseMessage(line);
		if (message.kind === "result" || message.kind === "error") last = message;
		else if (message.kind === "warning") log.warn("archive", { op, warning: message.text });
		else onMessage?.(message);
	}
	child.control.destroy();
	const exitCode = await child.exited;
	if (signal?.aborted) throw cancelled(op, signal);
	if (last?.kind === "result" && exitCode === 0) return last.value;
	if (last?.kind !== "error")
		throw new EngineError("runtime_failed", `${op}: the worker ended with code ${exitCode}`);
	if (last.code === undefined) throw new Error(`archive worker: ${last.message}`);
	throw new EngineError(last.code, last.message);
}

function cancelled(op: string, signal: AbortSignal): EngineError {
	return new EngineError("cancelled", `${op} was cancelled`, { cause: signal.reason });
}
