import type { ContainerCreateRequest } from "../api/index.ts";
import { createStdcopyDecoder } from "../api/syntax.ts";
import {
	containerAttach,
	containerCreate,
	containerDelete,
	containerStart,
	type Engine,
	execCreate,
	execStart,
	imageDelete,
} from "../client/index.ts";
import { EngineError } from "../lib/index.ts";
import { type Findings, parseFindings, readTimedLines } from "./findings.ts";
import type { HullName } from "./report.ts";

export const probePath = "/.hull-probe";

/** What measuring works with. Everything that it makes has the label `hull.compare`, and goes when it is disposed. */
export interface Workshop extends AsyncDisposable {
	readonly engine: Engine;
	/** Ends the measuring; cleaning up goes on. */
	readonly signal: AbortSignal;
	/** The image and one more layer that holds the probe. */
	readonly image: string;
	progress(text: string): void;
	create(hull: HullName, request: ContainerCreateRequest): Promise<string>;
	remove(id: string): Promise<void>;
}

export function openWorkshop(options: {
	readonly engine: Engine;
	readonly signal: AbortSignal;
	readonly image: string;
	readonly keep: boolean;
	readonly progress: (text: string) => void;
}): Workshop {
	const { engine, signal, image, keep, progress } = options;
	const made = new Set<string>();
	const remove = async (id: string) => {
		await containerDelete(engine, id, { force: true, v: true }).catch(ignoreMissing);
		made.delete(id);
	};
	return {
		engine,
		signal,
		image,
		progress,
		async create(hull, request) {
			signal.throwIfAborted();
			const { Id } = await containerCreate(engine, {
				Image: image,
				...request,
				Labels: { "hull.compare": hull },
				HostConfig: { ...request.HostConfig, Isolation: hull === "process" ? "process" : "vm" },
			});
			made.add(Id!);
			return Id!;
		},
		remove,
		async [Symbol.asyncDispose]() {
			if (keep) return;
			for (const id of [...made]) await remove(id);
			await imageDelete(engine, image, { force: true }).catch(ignoreMissing);
		},
	};
}

function ignoreMissing(error: unknown): void {
	if ((error as { status?: number }).status !== 404) throw error;
}

/** The probe in place of the image's own command. */
export function probeRequest(...words: string[]): ContainerCreateRequest {
	return { Entrypoint: [probePath], Cmd: words, User: "0", Healthcheck: { Test: ["NONE"] } };
}

/**
 * Starts a created container and waits for the first byte that it writes. Milliseconds from the call to that byte.
 * `runtime_failed` with what it wrote instead when it ends without.
 */
export async function startToFirstByte(workshop: Workshop, id: string): Promise<number> {
	const { engine, signal } = workshop;
	const begunMs = performance.now();
	const stream = await containerAttach(engine, id, { stream: true, stdout: true, stderr: true }, signal);
	try {
		await containerStart(engine, id);
		for await (const _chunk of stream.output) return performance.now() - begunMs;
		throw new EngineError("runtime_failed", "the probe ended without a word");
	} finally {
		stream.close();
	}
}

/** Runs the probe inside a running container and reads what it says. */
export async function probeInside(workshop: Workshop, id: string, ...words: string[]): Promise<Findings> {
	const { engine, signal } = workshop;
	const { Id } = await execCreate(engine, id, {
		Cmd: [probePath, ...words],
		User: "0",
		AttachStdout: true,
		AttachStderr: true,
	});
	const stream = await execStart(engine, Id!, { Detach: false, Tty: false }, signal);
	const end = () => stream.close();
	signal.addEventListener("abort", end);
	try {
		return parseFindings(await readTimedLines(payloads(stream.output)));
	} finally {
		signal.removeEventListener("abort", end);
		signal.throwIfAborted();
	}
}

async function* payloads(output: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	const decoder = createStdcopyDecoder();
	for await (const chunk of output) for (const { data } of decoder.push(chunk)) yield data;
}
