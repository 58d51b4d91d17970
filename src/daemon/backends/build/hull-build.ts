import type { HullBuildEvent } from "../../../api/index.ts";
import {
	type BuildContext,
	type BuildRequest,
	DockerfileError,
	explain,
	parseDockerfile,
} from "../../../builder/index.ts";
import { EngineError } from "../../../lib/index.ts";
import type { HullBuild } from "../../../server/index.ts";
import { checkDockerfile } from "./check-dockerfile.ts";
import { readDockerfile } from "./classic-build.ts";
import { eventLine } from "./event-line.ts";
import { EventQueue } from "./event-queue.ts";
import { hullRequest } from "./hull-request.ts";
import type { BuildRooms } from "./rooms.ts";
import { showGraph } from "./show-graph.ts";

/** `POST /hull/build`: what happens, and as the last event how it ended. A reader that leaves ends the build. */
export async function* hullBuild(
	kept: BuildRooms,
	call: HullBuild,
	signal: AbortSignal,
): AsyncGenerator<HullBuildEvent> {
	const leave = new AbortController();
	const ended = AbortSignal.any([signal, leave.signal]);
	const queue = new EventQueue();
	const work = carryOut(kept, call, { queue, signal: ended }).finally(() => queue.end());
	try {
		yield* queue.read();
	} finally {
		leave.abort();
		await work;
	}
}

interface Progress {
	readonly queue: EventQueue;
	readonly signal: AbortSignal;
}

type File = BuildRequest["dockerfile"];

async function carryOut(kept: BuildRooms, call: HullBuild, { queue, signal }: Progress): Promise<void> {
	let file: File | undefined;
	try {
		const { Mode: mode } = call.request;
		if (mode === "check" || mode === "graph") {
			file = givenFile(call);
			const events =
				mode === "check"
					? checkDockerfile(kept, file, call.request)
					: await showGraph(kept, file, call.request);
			for (const event of events) queue.push(event);
			return;
		}
		if (mode !== "build")
			throw new EngineError("invalid_argument", `mode ${JSON.stringify(mode)}: it is build, check or graph`);
		const output = {
			push: (event: HullBuildEvent) => queue.push(event),
			drained: () => queue.drained(signal),
		};
		const asked = hullRequest(call.request, output);
		file = textOf(call);
		// Before anything is read of what is sent.
		if (file !== undefined) parseDockerfile(file.text);
		await using contexts = await openContexts(kept, call, signal);
		file = await contexts.dockerfile();
		const request: BuildRequest = {
			...asked,
			dockerfile: file,
			context: contexts.main,
			namedContexts: contexts.named,
		};
		const result = await kept.builder.build(request, (event) => queue.push(eventLine(event)), signal);
		const { imageId, manifestDigest, indexDigest, metadata } = result;
		const index = indexDigest === undefined ? {} : { indexDigest };
		queue.push({ kind: "result", imageId, manifestDigest, ...index, metadata });
	} catch (error) {
		queue.push(errorEvent(error, file));
	}
}

function givenFile(call: HullBuild): File {
	const file = textOf(call);
	if (file !== undefined) return file;
	throw new EngineError("invalid_argument", "the text of the Dockerfile is needed for this");
}

function textOf({ request: { Dockerfile } }: HullBuild): File | undefined {
	return Dockerfile.Text === undefined ? undefined : { name: Dockerfile.Name, text: Dockerfile.Text };
}

interface OpenContexts extends AsyncDisposable {
	readonly main: BuildContext;
	readonly named: BuildRequest["namedContexts"];
	dockerfile(): Promise<File>;
}

/** In the order of the request: uploads follow one another in its body. */
async function openContexts(
	{ contexts }: BuildRooms,
	{ request, nextUpload }: HullBuild,
	signal: AbortSignal,
): Promise<OpenContexts> {
	await using opened = new AsyncDisposableStack();
	const { Name: path, Text } = request.Dockerfile;
	const named = new Map<string, BuildContext | { readonly image: string }>();
	let main: BuildContext | undefined;
	let fetched: string | undefined;
	for (const { Name: name, Kind: kind, Address: address = "" } of request.Contexts) {
		const options = { dockerfile: name === "" ? path : "", signal };
		if (kind === "image") {
			named.set(name, { image: address });
			continue;
		}
		const found =
			kind === "upload"
				? { context: await contexts.fromTar(nextUpload(), options) }
				: kind === "remote"
					? await contexts.fromAddress(address, options)
					: { context: await emptyContext(contexts, kind) };
		opened.use(found.context);
		if (name !== "") named.set(name, found.context);
		else {
			main = found.context;
			fetched = "dockerfile" in found ? found.dockerfile : undefined;
		}
	}
	main ??= opened.use(await contexts.empty());
	const tree = main;
	const kept = opened.move();
	return {
		main,
		named,
		async dockerfile() {
			const text = Text ?? fetched;
			return text === undefined ? readDockerfile(tree, path) : { name: path, text };
		},
		[Symbol.asyncDispose]: () => kept.disposeAsync(),
	};
}

function emptyContext(contexts: BuildRooms["contexts"], kind: string): Promise<BuildContext> {
	if (kind === "empty") return contexts.empty();
	throw new EngineError(
		"invalid_argument",
		`context of kind ${JSON.stringify(kind)}: it is upload, remote, image or empty`,
	);
}

function errorEvent(error: unknown, file: File | undefined): HullBuildEvent {
	const message = error instanceof Error ? error.message : String(error);
	const { exitCode, line } = error as { exitCode?: unknown; line?: unknown };
	const atLine =
		typeof line === "number" && line > 0
			? new DockerfileError(message, { range: { startLine: line, endLine: line } })
			: undefined;
	const shownError = error instanceof DockerfileError ? error : atLine;
	return {
		kind: "error",
		message,
		...(shownError !== undefined && file !== undefined
			? { shown: withoutMessage(explain(shownError, file)) }
			: {}),
		...(typeof exitCode === "number" ? { exitCode } : {}),
	};
}

/** The lines alone: the message stands beside them. */
function withoutMessage(shown: string): string {
	return shown.slice(0, shown.lastIndexOf("\n"));
}
