/**
 * Docker's hijacked connections: attach and exec start answer once in HTTP, then the connection is the container's
 * streams. Clients ask for it by `Upgrade: tcp` (`101 UPGRADED`), old ones not at all (`200 OK`, then raw bytes).
 *
 * Towards the client: frames, or raw bytes from a terminal. From the client: stdin as it is; the end of the client's
 * side is the end of stdin, and output goes on. The end of output ends the connection.
 */
import { stdcopyHeader } from "../api/syntax.ts";
import type { AnswerContext } from "./answer-context.ts";
import { isBefore } from "./api-version.ts";
import type { AttachedStreams } from "./backends.ts";
import type { Wire } from "./connection/wire.ts";
import { answerToError } from "./error-table.ts";
import { inTime } from "./in-time.ts";
import type { Reply } from "./reply.ts";

export const rawStream = "application/vnd.docker.raw-stream";
export const multiplexedStream = "application/vnd.docker.multiplexed-stream";

/** Resolves when both sides have ended or the client is gone. */
export async function hijack(reply: Reply & { kind: "hijack" }, options: AnswerContext): Promise<void> {
	const { wire, response, request } = options.exchange;
	const type = outputType(reply.tty, options.version);
	// Before the streams are opened: old clients lose what comes in one piece with the head.
	response.takeOver(
		request.upgrade === undefined
			? `HTTP/1.1 200 OK\r\nContent-Type: ${rawStream}\r\n\r\n`
			: `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
	);
	const streams = await openStreams(reply, options);
	// The start of an exec says how its client reads, whatever the exec's own terminal: as Docker has it.
	const input = pumpInput(wire, streams, options);
	if (streams !== undefined) await carry({ ...streams, tty: reply.tty }, options);
	await wire.end();
	await inTime(input, wire);
}

/** `undefined` when there is nothing to show, or when the start failed and the client was told. */
async function openStreams(
	reply: Reply & { kind: "hijack" },
	options: AnswerContext,
): Promise<AttachedStreams | undefined> {
	try {
		return await reply.open();
	} catch (error) {
		const { message, bug } = answerToError(error);
		if (bug) options.log.error("request failed", { error });
		const chunk = { stream: "stdout" as const, data: Buffer.from(`${message}\r\n`) };
		await writeOutput(options.exchange.wire, chunk, reply.tty);
		return undefined;
	}
}

async function carry(streams: AttachedStreams, options: AnswerContext): Promise<void> {
	const { wire, signal } = options.exchange;
	const close = () => streams.close();
	signal.addEventListener("abort", close, { once: true });
	if (signal.aborted) close();
	try {
		await pumpOutput(wire, streams);
	} catch (error) {
		if (!wire.closed) options.log.warn("attached output broken off", { error });
	} finally {
		signal.removeEventListener("abort", close);
		close();
	}
}

/** What output of this kind is called; before 1.42 both kinds had one name. */
export function outputType(tty: boolean, version: string): string {
	return tty || isBefore(version, "1.42") ? rawStream : multiplexedStream;
}

async function pumpOutput(wire: Wire, streams: AttachedStreams): Promise<void> {
	for await (const { stream, data } of streams.output) {
		if (wire.closed) return;
		await writeOutput(wire, { stream, data }, streams.tty);
	}
}

function writeOutput(
	wire: Wire,
	{ stream, data }: { stream: "stdout" | "stderr"; data: Uint8Array },
	tty: boolean,
): Promise<void> | undefined {
	return tty ? wire.write(data) : wire.write(stdcopyHeader(stream, data.length), data);
}

async function pumpInput(
	wire: Wire,
	streams: AttachedStreams | undefined,
	options: AnswerContext,
): Promise<void> {
	let stdin = streams?.stdin;
	for (;;) {
		const chunk = await wire.read();
		if (chunk === undefined) break;
		try {
			await stdin?.write(chunk);
		} catch (error) {
			// The process closed its stdin. Its output goes on, so the rest is taken from the client and dropped.
			stdin = undefined;
			options.log.debug("attached input broken off", { error });
		}
	}
	if (wire.closed) return streams?.close();
	await stdin?.end().catch((error) => options.log.debug("end of input failed", { error }));
}
