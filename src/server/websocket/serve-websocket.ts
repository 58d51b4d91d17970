/**
 * Attached streams over a websocket. Output comes in messages, raw and both kinds alike, as dockerd has it: binary,
 * text for clients from before 1.28. What the client sends is stdin, whatever the kind and the bounds of messages.
 *
 * There is no half of a websocket to close, so a client's close is the end of stdin and of its output. The end of
 * output closes with 1000, what breaks the protocol with its code; a client that does not answer a close is left.
 */
import type { AnswerContext } from "../answer-context.ts";
import { isBefore } from "../api-version.ts";
import type { AttachedStreams } from "../backends.ts";
import type { Wire } from "../connection/wire.ts";
import { inTime } from "../in-time.ts";
import type { Reply } from "../reply.ts";
import {
	closeCode,
	closeFrame,
	createFrameReader,
	messageHead,
	pongFrame,
	WebSocketViolation,
} from "./frames.ts";

/** Resolves when the websocket is over. */
export async function serveWebsocket(
	reply: Reply & { kind: "websocket" },
	options: AnswerContext,
): Promise<void> {
	const { wire, response, signal } = options.exchange;
	const { accept, protocol } = reply.handshake;
	response.takeOver(
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			`Sec-WebSocket-Accept: ${accept}\r\n${protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\n`,
	);
	const { streams } = reply;
	const leave = () => streams.close();
	signal.addEventListener("abort", leave, { once: true });
	if (signal.aborted) leave();
	const closing: Closing = { code: undefined };
	const served: Served = { wire, streams, closing };
	const input = pumpInput(served, options);
	try {
		await pumpOutput(served, messageKind(options.version));
		close(wire, closing, closeCode.normal);
	} catch (error) {
		if (!wire.closed) options.log.warn("attached output broken off", { error });
		close(wire, closing, closeCode.failed);
	} finally {
		signal.removeEventListener("abort", leave);
		leave();
	}
	await wire.end();
	await inTime(input, wire);
}

/** The close that was sent; nothing follows it. */
interface Closing {
	code: number | undefined;
}

function close(wire: Wire, closing: Closing, code: number): void {
	if (closing.code !== undefined) return;
	closing.code = code;
	wire.write(closeFrame(code));
}

function messageKind(version: AnswerContext["version"]): "text" | "binary" {
	return isBefore(version, "1.28") ? "text" : "binary";
}

async function pumpOutput({ wire, streams, closing }: Served, kind: "text" | "binary"): Promise<void> {
	for await (const { data } of streams.output) {
		if (wire.closed || closing.code !== undefined) return;
		await wire.write(messageHead(kind, data.length), data);
	}
}

interface Served {
	readonly wire: Wire;
	readonly streams: AttachedStreams;
	readonly closing: Closing;
}

/** Resolves when the client has closed, broken the protocol or gone. */
async function pumpInput({ wire, streams, closing }: Served, options: AnswerContext): Promise<void> {
	const reader = createFrameReader();
	let stdin = streams.stdin;
	const write = async (data: Buffer) => {
		try {
			await stdin?.write(data);
		} catch (error) {
			// The process closed its stdin. Its output goes on, so the rest is taken from the client and dropped.
			stdin = undefined;
			options.log.debug("attached input broken off", { error });
		}
	};
	try {
		for (;;) {
			const chunk = await wire.read();
			if (chunk === undefined) break;
			for (const incoming of reader.feed(chunk)) {
				if (incoming.kind === "data") await write(incoming.data);
				if (incoming.kind === "ping" && closing.code === undefined)
					await wire.write(pongFrame(incoming.data));
				if (incoming.kind !== "close") continue;
				close(wire, closing, incoming.code);
				await stdin?.end().catch((error) => options.log.debug("end of input failed", { error }));
				return;
			}
		}
	} catch (error) {
		if (!(error instanceof WebSocketViolation)) throw error;
		options.log.debug("websocket broken by its client", { reason: error.message });
		close(wire, closing, error.code);
	} finally {
		streams.close();
	}
}
