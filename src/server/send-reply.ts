import { EngineError } from "../lib/index.ts";
import type { AnswerContext } from "./answer-context.ts";
import { answerToError } from "./error-table.ts";
import { hijack } from "./hijack.ts";
import type { ProgressLine } from "./progress-line.ts";
import type { Reply } from "./reply.ts";
import { upgrade } from "./upgrade.ts";
import { serveWebsocket } from "./websocket/serve-websocket.ts";

/** Carries a reply out. Rejects only when nothing was sent yet. */
export function sendReply(reply: Reply, options: AnswerContext): Promise<void> | void {
	const { response } = options.exchange;
	switch (reply.kind) {
		case "json":
			return response.send(
				reply.status,
				{ ...reply.headers, ...jsonType },
				`${JSON.stringify(reply.value)}\n`,
			);
		case "text":
			return response.send(reply.status, { ...reply.headers, ...textType }, reply.text);
		case "empty":
			return response.send(reply.status, reply.headers ?? {});
		case "stream":
			return sendStream(reply, options);
		case "progress":
			return sendProgress(reply.run, options);
		case "hijack":
			return hijack(reply, options);
		case "websocket":
			return serveWebsocket(reply, options);
		case "upgrade":
			return upgrade(reply, options);
		default:
			reply satisfies never;
	}
}

const jsonType = { "Content-Type": "application/json" };
const textType = { "Content-Type": "text/plain; charset=utf-8" };

async function sendStream(reply: Reply & { kind: "stream" }, options: AnswerContext): Promise<void> {
	const { response, signal, wire } = options.exchange;
	response.start(200, { ...reply.headers, "Content-Type": reply.contentType });
	try {
		for await (const pieces of reply.pieces) {
			await response.write(...pieces);
			if (signal.aborted) return;
		}
		response.end();
	} catch (error) {
		if (!signal.aborted) options.log.warn("stream broken off", { error });
		// Without the last chunk the client sees that the stream is not whole.
		wire.destroy();
	}
}

/** Progress that a stuck client has not taken; from here on only lines without numbers are kept for it. */
const maxUnsentBytes = 1024 * 1024;

async function sendProgress(
	run: (emit: (line: ProgressLine) => void) => Promise<void>,
	options: AnswerContext,
): Promise<void> {
	const { response, wire } = options.exchange;
	const write = (line: ProgressLine) => {
		if (!response.started) response.start(200, jsonType);
		response.write(Buffer.from(`${JSON.stringify(line)}\r\n`));
	};
	try {
		await run((line) => {
			if (wire.unsentBytes > maxUnsentBytes && line["progressDetail"] !== undefined) return;
			write(line);
		});
	} catch (error) {
		if (!response.started) throw error;
		const { message, bug, status } = answerToError(error);
		if (bug) options.log.error("request failed", { error });
		write({
			errorDetail: errorDetail(message, exitCodeOf(error) ?? (status === 401 ? 401 : undefined)),
			error: message,
		});
	}
	if (!response.started) response.start(200, jsonType);
	response.end();
}

/** Docker's client asks for a login at 401; of a build that failed it is the command's exit code. */
function errorDetail(message: string, code: number | undefined): Record<string, unknown> {
	return code === undefined ? { message } : { code, message };
}

function exitCodeOf(error: unknown): number | undefined {
	const code = (error as { exitCode?: unknown } | undefined)?.exitCode;
	return typeof code === "number" ? code : undefined;
}

/** Answers with an error's status and message, if nothing was sent yet. */
export function sendError(error: unknown, options: AnswerContext): void {
	const { response, signal, wire, request } = options.exchange;
	const { status, message, bug } = answerToError(error);
	if (bug && !signal.aborted)
		options.log.error("request failed", { error, stack: stackOf(error), method: request.method });
	if (response.started) {
		wire.destroy();
		return;
	}
	const body = status === 304 ? undefined : `${JSON.stringify({ message })}\n`;
	response.send(status, body === undefined ? {} : jsonType, body);
}

function stackOf(error: unknown): string | undefined {
	return error instanceof Error && !(error instanceof EngineError) ? error.stack : undefined;
}
