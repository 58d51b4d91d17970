import { EngineError } from "../../lib/index.ts";
import type { Engine } from "./engine.ts";
import { exchange, readText } from "./exchange.ts";
import type { EngineRequest } from "./request.ts";

/** The answer's JSON document. */
export async function callJson<Result>(engine: Engine, request: EngineRequest): Promise<Result> {
	return parseJson<Result>(await callText(engine, request));
}

/** The answer's body as text: for those who show the engine's document exactly as it wrote it. */
export async function callText(engine: Engine, request: EngineRequest): Promise<string> {
	return readText(await exchange(engine, request));
}

/** For operations without a result. False when the engine says that nothing changed (304). */
export async function callEmpty(engine: Engine, request: EngineRequest): Promise<boolean> {
	const answer = await exchange(engine, request);
	await readText(answer);
	return answer.status !== 304;
}

/** The answer's bytes as they come. */
export async function* callBytes(engine: Engine, request: EngineRequest): AsyncGenerator<Buffer> {
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
