import { EngineError } from "../../lib/index.ts";
import { connectionError } from "./connection-error.ts";
import type { Carrier, Engine } from "./engine.ts";
import { type EngineRequest, requestContent, requestTarget } from "./request.ts";
import { messageOf, ResponseError } from "./response-error.ts";

/** The answer's JSON document. */
export async function callJson<Result>(engine: Engine, request: EngineRequest): Promise<Result> {
	return parseJson<Result>(await callText(engine, request));
}

/** The answer's body as text: for those who show the engine's document exactly as it wrote it. */
export async function callText(engine: Engine, request: EngineRequest): Promise<string> {
	return (await wholeAnswer(engine, request)).text;
}

/** For operations without a result. False when the engine says that nothing changed (304). */
export async function callEmpty(engine: Engine, request: EngineRequest): Promise<boolean> {
	return (await wholeAnswer(engine, request)).status !== 304;
}

async function wholeAnswer(
	engine: Engine,
	request: EngineRequest,
): Promise<{ status: number; text: string }> {
	const { address, carrier } = engine;
	const streams = request.body !== undefined && "stream" in request.body;
	if (carrier !== undefined && address.kind === "unix" && !streams)
		return carried(engine, request, carrier(address.path, carriedRequest(engine, request)));
	const { exchange, readText } = await import("./exchange.ts");
	const answer = await exchange(engine, request);
	return { status: answer.status, text: await readText(answer) };
}

function carriedRequest(engine: Engine, request: EngineRequest): Parameters<Carrier>[1] {
	const { headers, json } = requestContent(engine, request);
	return {
		method: request.method,
		target: requestTarget(request),
		headers,
		body: json,
		signal: request.signal,
	};
}

async function carried(
	engine: Engine,
	request: EngineRequest,
	sent: ReturnType<Carrier>,
): Promise<{ status: number; text: string }> {
	const answer = await sent.catch((cause: unknown) => {
		if (request.signal?.aborted) throw new EngineError("cancelled", "the request was cancelled", { cause });
		throw connectionError(engine.address, cause);
	});
	if (answer.status < 400) return answer;
	throw new ResponseError(answer.status, messageOf(answer.status, answer.text));
}

/** The answer's bytes as they come. */
export async function* callBytes(engine: Engine, request: EngineRequest): AsyncGenerator<Buffer> {
	const { exchange } = await import("./exchange.ts");
	const answer = await exchange(engine, request);
	try {
		yield* answer.body;
	} finally {
		answer.close();
	}
}

/** The answer's lines, each one JSON document, as they come (progress, events, stats). */
export async function* callLines<Line>(engine: Engine, request: EngineRequest): AsyncGenerator<Line> {
	for await (const line of callTextLines(engine, request)) yield parseJson<Line>(line);
}

/** {@link callLines} before they are parsed. */
export async function* callTextLines(engine: Engine, request: EngineRequest): AsyncGenerator<string> {
	const decoder = new TextDecoder();
	let rest = "";
	for await (const chunk of callBytes(engine, request)) {
		const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
		rest = lines.pop()!;
		for (const line of lines) if (line.trim() !== "") yield line;
	}
	if (rest.trim() !== "") yield rest;
}

function parseJson<Result>(text: string): Result {
	try {
		return JSON.parse(text) as Result;
	} catch (error) {
		const start = JSON.stringify(text.slice(0, 80));
		throw new EngineError("corrupt", `the engine's answer is not JSON: ${start}`, { cause: error });
	}
}
