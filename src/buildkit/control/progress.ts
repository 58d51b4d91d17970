/** What a build tells, as BuildKit's clients read it; kept so that who comes late sees it from the start. */
import { createHash } from "node:crypto";
import type { BuildEvent } from "../../builder/index.ts";
import type { StatusResponse, Vertex, VertexLog, VertexStatus, VertexWarning } from "../proto/control.ts";
import { timestamp } from "../proto/types.ts";
import type { Decoded } from "../wire/message.ts";

type Update =
	| { readonly kind: "vertexes"; readonly value: Partial<Decoded<typeof Vertex>> }
	| { readonly kind: "statuses"; readonly value: Partial<Decoded<typeof VertexStatus>> }
	| { readonly kind: "logs"; readonly value: Partial<Decoded<typeof VertexLog>> }
	| { readonly kind: "warnings"; readonly value: Partial<Decoded<typeof VertexWarning>> };

/** The Dockerfile, for warnings and errors that show lines of it. */
export interface Source {
	readonly name: string;
	readonly text: string;
}

export interface Progress {
	/** Of the builder, or of what is done around it. */
	tell(event: BuildEvent): void;
	/** Shows work of our own as a step of this name. Rejects as the work does. */
	step<Value>(name: string, work: (report: StepReport) => Promise<Value>): Promise<Value>;
	/** The Dockerfile is known. */
	setSource(source: Source): void;
	readonly source: Source | undefined;
	/** The step that failed, with its line; 0: none. */
	readonly failed: { readonly digest: string; readonly line: number } | undefined;
	/** Nothing more comes. */
	end(): void;
	/** From the start to the end, or until the signal. */
	follow(signal: AbortSignal): AsyncIterable<Partial<Decoded<typeof StatusResponse>>>;
}

/** Tells how much of something is there. `total` 0: not known. */
export type StepReport = (name: string, current: number, total: number, done: boolean) => void;

/** Output kept for watchers that come late or are slow; the oldest goes first. */
const maxKeptBytes = 32 * 1024 * 1024;
/** Updates in one message. */
const maxBatch = 500;

export function createProgress(ref: string): Progress {
	const updates: Update[] = [];
	const vertexes = new Map<string, Partial<Decoded<typeof Vertex>>>();
	const lines = new Map<string, number>();
	const firstTimes = new Map<string, number>();
	let dropped = 0;
	let keptBytes = 0;
	let ended = false;
	let source: Source | undefined;
	let failed: Progress["failed"];
	let wake = Promise.withResolvers<void>();

	const add = (update: Update) => {
		if (ended) return;
		updates.push(update);
		keptBytes += sizeOf(update);
		while (keptBytes > maxKeptBytes) {
			keptBytes -= sizeOf(updates.shift()!);
			dropped++;
		}
		wake.resolve();
		wake = Promise.withResolvers();
	};
	const change = (digest: string, fields: Partial<Decoded<typeof Vertex>>) => {
		const value = { ...vertexes.get(digest), digest, ...fields };
		vertexes.set(digest, value);
		add({ kind: "vertexes", value });
	};
	const tell = (event: BuildEvent) => {
		switch (event.kind) {
			case "vertex":
				lines.set(event.vertex.digest, event.vertex.line);
				return change(event.vertex.digest, { name: event.vertex.name, inputs: event.vertex.inputs });
			case "started":
				return change(event.vertex, { started: timestamp(event.at) });
			case "log":
				return add({ kind: "logs", value: logOf(event) });
			case "progress":
				return add({ kind: "statuses", value: statusOf(event, firstTimes) });
			case "completed": {
				const started = vertexes.get(event.vertex)?.started ?? timestamp(event.at);
				return change(event.vertex, { cached: event.cached, started, completed: timestamp(event.at) });
			}
			case "failed": {
				failed = { digest: event.vertex, line: lines.get(event.vertex) ?? 0 };
				const started = vertexes.get(event.vertex)?.started ?? timestamp(event.at);
				return change(event.vertex, { started, completed: timestamp(event.at), error: event.message });
			}
			case "warning":
				return add({
					kind: "warnings",
					value: warningOf(event, source, event.vertex ?? definitionDigest(ref)),
				});
			default:
				event satisfies never;
		}
	};

	return {
		tell,
		async step(name, work) {
			const digest = stepDigest(ref, name) as `sha256:${string}`;
			tell({ kind: "vertex", vertex: { digest, name, inputs: [], line: 0 } });
			tell({ kind: "started", vertex: digest, at: Date.now() });
			try {
				const value = await work((id, current, total, done) =>
					tell({ kind: "progress", vertex: digest, id, name: id, current, total, at: Date.now(), done }),
				);
				tell({ kind: "completed", vertex: digest, cached: false, at: Date.now(), sizeBytes: 0 });
				return value;
			} catch (error) {
				const message = error instanceof Error ? error.message : String(error);
				tell({ kind: "failed", vertex: digest, message, at: Date.now() });
				throw error;
			}
		},
		setSource(value) {
			source = value;
		},
		get source() {
			return source;
		},
		get failed() {
			return failed;
		},
		end() {
			ended = true;
			wake.resolve();
		},
		async *follow(signal) {
			let next = 0;
			const gone = Promise.withResolvers<void>();
			const leave = () => gone.resolve();
			signal.addEventListener("abort", leave, { once: true });
			try {
				while (!signal.aborted) {
					next = Math.max(next, dropped);
					const batch = updates.slice(next - dropped, next - dropped + maxBatch);
					if (batch.length > 0) {
						next += batch.length;
						yield responseOf(batch);
					} else if (ended) return;
					else await Promise.race([wake.promise, gone.promise]);
				}
			} finally {
				signal.removeEventListener("abort", leave);
			}
		},
	};
}

/** The step that a warning about the Dockerfile as such is shown at. */
export const loadDefinition = (name: string) => `[internal] load build definition from ${name}`;

function definitionDigest(ref: string): string {
	return stepDigest(ref, "definition");
}

function stepDigest(ref: string, name: string): string {
	const id = name.startsWith(loadDefinition("")) ? "definition" : name;
	return `sha256:${createHash("sha256").update(`${ref}\0${id}`).digest("hex")}`;
}

function responseOf(batch: readonly Update[]): Partial<Decoded<typeof StatusResponse>> {
	const pick = <Kind extends Update["kind"]>(kind: Kind) =>
		batch.flatMap((update) =>
			update.kind === kind ? [update.value as Extract<Update, { kind: Kind }>["value"]] : [],
		);
	return {
		vertexes: pick("vertexes"),
		statuses: pick("statuses"),
		logs: pick("logs"),
		warnings: pick("warnings"),
	};
}

function logOf(event: Extract<BuildEvent, { kind: "log" }>): Partial<Decoded<typeof VertexLog>> {
	const { vertex, stream, data, at } = event;
	return { vertex, timestamp: timestamp(at), stream: stream === "stdout" ? 1 : 2, msg: data };
}

function statusOf(
	event: Extract<BuildEvent, { kind: "progress" }>,
	firstTimes: Map<string, number>,
): Partial<Decoded<typeof VertexStatus>> {
	const { vertex, id, name, current, total, at, done } = event;
	const key = `${vertex}\0${id}`;
	const first = firstTimes.get(key) ?? at;
	firstTimes.set(key, first);
	return {
		...{ id, vertex, name, current, total },
		timestamp: timestamp(at),
		started: timestamp(first),
		completed: done ? timestamp(at) : undefined,
	};
}

function warningOf(
	event: Extract<BuildEvent, { kind: "warning" }>,
	source: Source | undefined,
	vertex: string,
): Partial<Decoded<typeof VertexWarning>> {
	const short = Buffer.from(
		`${event.rule}: ${event.message}${event.line > 0 ? ` (line ${event.line})` : ""}`,
	);
	const position = { line: event.line, character: 0 };
	return {
		...{ vertex, level: 1, short, url: event.url },
		info: source === undefined ? undefined : sourceInfo(source),
		ranges: event.line > 0 ? [{ start: position, end: position }] : [],
	};
}

export function sourceInfo({ name, text }: Source) {
	return { filename: name, data: Buffer.from(text), language: "Dockerfile" };
}

function sizeOf(update: Update): number {
	return 200 + (update.kind === "logs" ? (update.value.msg?.length ?? 0) : 0);
}
