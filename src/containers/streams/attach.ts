import { EngineError } from "../../lib/index.ts";
import type { Attachment, OutputChunk } from "../../runtime/index.ts";
import type { Container, Joiner } from "../container.ts";
import type { Context } from "../context.ts";
import { readLogs } from "../logs/read.ts";
import { publish } from "../publish.ts";
import { parseDetachKeys } from "./detach-keys.ts";
import { type ClientStdin, clientStdin } from "./terminal-stdin.ts";

export interface AttachRequest {
	readonly stdin: boolean;
	readonly stdout: boolean;
	readonly stderr: boolean;
	/** Replay what was logged. */
	readonly logs: boolean;
	/** Follow live output. */
	readonly stream: boolean;
	readonly detachKeys: string;
}

/** Both directions of one attached client. */
export interface ContainerStreams {
	readonly output: AsyncIterable<OutputChunk>;
	readonly stdin?: ClientStdin;
	readonly tty: boolean;
	close(): void;
}

/**
 * Attaches a client to a container's streams. One that comes before the start waits for it and misses nothing.
 * With `logs`, what was logged comes first; a line written at that very moment can come twice, never get lost.
 */
export async function attachContainer(
	context: Context,
	reference: string,
	request: AttachRequest,
): Promise<ContainerStreams> {
	const container = context.registry.get(reference);
	assertAttachable(container);
	const { config } = container.record;
	const tty = config.Tty === true;
	// Wrong keys are an error of the request, before anything is attached.
	parseDetachKeys(request.detachKeys);
	publish(context, container, { action: "attach" });
	if (!request.stream) return { output: replay(context, container, request), tty, close: () => undefined };

	const wantsStdin = request.stdin && config.OpenStdin === true;
	const live = joinTask(container, { ...request, stdin: wantsStdin });
	const close = () => {
		live.abandon();
		void live.attachment.then((attachment) => attachment?.close());
	};
	const output = liveOutput(live.attachment, request.logs ? replay(context, container, request) : undefined);
	if (!wantsStdin) return { output, tty, close };
	const stdin = clientStdin({
		attachment: live.attachment,
		tty,
		closes: config.StdinOnce === true,
		detachKeys: request.detachKeys,
		onDetach: () => {
			publish(context, container, { action: "detach" });
			close();
		},
	});
	return { output, stdin, tty, close };
}

function assertAttachable(container: Container): void {
	const { state } = container.record;
	if (state.status === "paused") {
		throw new EngineError(
			"conflict",
			`Container ${container.id} is paused, unpause the container before attach.`,
		);
	}
	if (state.status === "restarting") {
		throw new EngineError(
			"conflict",
			`Container ${container.id} is restarting, wait until the container is running`,
		);
	}
}

interface LiveAttachment {
	/** `undefined` when the client left first, or the container never started. */
	readonly attachment: Promise<Attachment | undefined>;
	abandon(): void;
}

function joinTask(
	container: Container,
	wanted: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
): LiveAttachment {
	const { stdin, stdout, stderr } = wanted;
	const { run } = container;
	if (run !== undefined) {
		return { attachment: run.task.attach({ stdin, stdout, stderr }), abandon: () => undefined };
	}
	const { promise, resolve } = Promise.withResolvers<Attachment | undefined>();
	const abandon = () => {
		container.joiners.delete(joiner);
		resolve(undefined);
	};
	const joiner: Joiner = { stdin, stdout, stderr, join: resolve, abandon };
	container.joiners.add(joiner);
	return { attachment: promise, abandon };
}

async function* liveOutput(
	attaching: Promise<Attachment | undefined>,
	history: AsyncIterable<OutputChunk> | undefined,
): AsyncGenerator<OutputChunk> {
	const attachment = await attaching;
	if (history !== undefined) yield* history;
	if (attachment !== undefined) yield* attachment.output;
}

async function* replay(
	context: Context,
	container: Container,
	request: AttachRequest,
): AsyncGenerator<OutputChunk> {
	if (!request.logs) return;
	const { stdout, stderr } = request;
	yield* readLogs(context, container, { stdout, stderr, follow: false, timestamps: false, details: false });
}
