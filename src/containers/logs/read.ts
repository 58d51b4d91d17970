import { EngineError } from "../../lib/index.ts";
import {
	createLineReader,
	type FolderWatch,
	findTail,
	formatLogEntry,
	frozen,
	isCurrent,
	type LogEntry,
	type LogFile,
	LogSequence,
	openLogFiles,
	parseLogEntry,
	timeOf,
	watchFolder,
} from "../../logging/index.ts";
import type { OutputChunk } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { taskLocation } from "../locations.ts";
import { logPath } from "./plan.ts";

export interface LogsRequest {
	readonly stdout: boolean;
	readonly stderr: boolean;
	readonly follow: boolean;
	/** Nanoseconds since 1970. */
	readonly since?: bigint;
	readonly until?: bigint;
	readonly timestamps: boolean;
	readonly details: boolean;
	/** Lines; `undefined` is all. */
	readonly tail?: number;
	/** Ends a `follow`. */
	readonly signal?: AbortSignal;
}

/**
 * What a container wrote, from its json-file log and the rotated files before it. With `follow` it goes on until the
 * run that is under way has ended and its last line was read; rotation in between loses and repeats nothing.
 */
export function readLogs(
	context: Context,
	container: Container,
	request: LogsRequest,
): AsyncGenerator<OutputChunk> {
	if (!request.stdout && !request.stderr)
		throw new EngineError("invalid_argument", "You must choose at least one stream");
	const { stateDir } = taskLocation(context, container.id);
	const path = logPath(container.record, stateDir);
	if (path === undefined)
		throw new EngineError("not_implemented", "configured logging driver does not support reading");
	const watching =
		request.follow && container.run !== undefined
			? watchRun(container, stateDir, { until: request.until, signal: request.signal })
			: undefined;
	return stream(path, request, watching);
}

interface RunWatch extends Disposable {
	readonly folder: FolderWatch;
	/** True when nothing more will be written, or nobody wants it. */
	isOver(): boolean;
}

function watchRun(
	container: Container,
	stateDir: string,
	options: { readonly until: bigint | undefined; readonly signal: AbortSignal | undefined },
): RunWatch {
	const folder = watchFolder(stateDir);
	let over = false;
	const end = () => {
		over = true;
		folder.poke();
	};
	void container.run!.ended.then(end);
	options.signal?.addEventListener("abort", end, { once: true });
	const deadline = options.until === undefined ? undefined : setTimeout(end, msUntil(options.until));
	return {
		folder,
		isOver: () => over || options.signal?.aborted === true,
		[Symbol.dispose]: () => {
			options.signal?.removeEventListener("abort", end);
			clearTimeout(deadline);
			folder[Symbol.dispose]();
		},
	};
}

const longestTimeoutMs = 2 ** 31 - 1;

function msUntil(nanos: bigint): number {
	const ms = Number(nanos / 1_000_000n) - Date.now() + 1;
	return Math.min(Math.max(ms, 0), longestTimeoutMs);
}

async function* stream(
	path: string,
	request: LogsRequest,
	run: RunWatch | undefined,
): AsyncGenerator<OutputChunk> {
	using _run = run;
	const files = openLogFiles(path);
	// Without `follow` a log that is written faster than it is read must come to an end.
	using open = new LogSequence(path, run === undefined ? files.map(frozen) : files);
	const start = request.tail === undefined ? { index: 0, offset: 0 } : findTail(open.files, request.tail);
	open.dropUntil(start.index);
	const toChunk = chunkMaker(request);
	for (let offset = start.offset; ; offset = 0) {
		const file = await nextFile(open, run);
		if (file === undefined) return;
		const reader = createLineReader(file, offset);
		for (;;) {
			// Asked before reading: then what was written up to the end of the run is read for sure.
			const isLast = open.files.length > 1 || isOver(run) || !isCurrent(path, file.identity);
			for (const lines of reader.lines()) {
				for (const line of lines) {
					const chunk = toChunk(line);
					if (chunk === "end") return;
					if (chunk !== undefined) yield chunk;
				}
			}
			if (isLast) break;
			await run!.folder.changed();
		}
		open.finish();
	}
}

/** The next file to read; waits for one that a rotation is about to make, or that the run's first line makes. */
async function nextFile(open: LogSequence, run: RunWatch | undefined): Promise<LogFile | undefined> {
	for (;;) {
		const over = isOver(run);
		if (open.files.length === 0 && run !== undefined) open.findMore();
		if (open.files.length > 0 || over) return open.files[0];
		await run!.folder.changed();
	}
}

function isOver(run: RunWatch | undefined): boolean {
	return run === undefined || run.isOver();
}

/** From a line of the file to what the client gets: nothing when it was not asked for, `end` after `until`. */
function chunkMaker(request: LogsRequest): (line: string) => OutputChunk | "end" | undefined {
	const { since, until } = request;
	const isWanted = (entry: LogEntry) => (entry.stream === "stdout" ? request.stdout : request.stderr);
	return (line) => {
		const entry = parseLogEntry(line);
		if (entry === undefined || !isWanted(entry)) return undefined;
		if (since !== undefined && timeOf(entry) < since) return undefined;
		if (until !== undefined && timeOf(entry) > until) return "end";
		return { stream: entry.stream, data: formatLogEntry(entry, request) };
	};
}
