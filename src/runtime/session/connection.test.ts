import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSocketPair, streamSocket } from "../../sys/index.ts";
import { openAttachment } from "./attachment.ts";
import { Connection } from "./connection.ts";
import { encodeFields, numberOf } from "./fields.ts";
import { encodeFrame, type Frame, FrameReader, frameType, protocolVersion, windowBytes } from "./frame.ts";

/** The supervisor's end of a connection, played by the test. */
class Peer {
	readonly #waiting: ((frame: Frame) => void)[] = [];
	readonly #frames: Frame[] = [];
	readonly socket: Socket;

	constructor(socket: Socket) {
		this.socket = socket;
		const reader = new FrameReader();
		socket.on("data", (chunk: Buffer) => {
			for (const frame of reader.push(chunk)) {
				const taker = this.#waiting.shift();
				if (taker === undefined) this.#frames.push(frame);
				else taker(frame);
			}
		});
	}

	next(): Promise<Frame> {
		const ready = this.#frames.shift();
		if (ready !== undefined) return Promise.resolve(ready);
		return new Promise((resolve) => this.#waiting.push(resolve));
	}

	get pending(): number {
		return this.#frames.length;
	}

	send(type: number, channel: number, payload?: Uint8Array, stream = 0): void {
		this.socket.write(encodeFrame(type, channel, payload, stream));
	}
}

function pair(): { connection: Connection; peer: Peer } {
	const [ours, theirs] = createSocketPair();
	const connection = new Connection(streamSocket(ours), "c1");
	return { connection, peer: new Peer(streamSocket(theirs)) };
}

const text = (frame: Frame) => Buffer.from(frame.payload).toString();

describe("connection", () => {
	test("greets first and does not wait for the answer", async () => {
		const { connection, peer } = pair();
		const asked = connection.request(frameType.signal, [["signal", 9]]);
		expect(text(await peer.next())).toBe("version\x003\0oldest\x001\0");
		const request = await peer.next();
		expect([request.type, text(request)]).toEqual([frameType.signal, "signal\x009\0"]);
		peer.send(frameType.ok, request.channel);
		expect(await asked).toEqual([]);
		connection.destroy();
	});

	test("answers go to their requests, in whatever order they come", async () => {
		const { connection, peer } = pair();
		const first = connection.request(frameType.wait);
		const second = connection.request(frameType.state);
		await peer.next();
		const [wait, state] = [await peer.next(), await peer.next()];
		peer.send(frameType.status, state.channel, encodeFields([["status", "running"]]));
		peer.send(frameType.exit, wait.channel, encodeFields([["exit-code", 3]]));
		expect(await second).toEqual([["status", "running"]]);
		expect(await first).toEqual([["exit-code", "3"]]);
		connection.destroy();
	});

	test("an error has the supervisor's code and message; an unknown code is runtime_failed", async () => {
		const { connection, peer } = pair();
		const refused = async (code: string) => {
			const asked = connection.request(frameType.start).catch((error: unknown) => error);
			const { channel } = await peer.next();
			const fields = [
				["code", code],
				["message", "no"],
			] as const;
			peer.send(frameType.error, channel, encodeFields(fields));
			return asked;
		};
		await peer.next();
		expect(await refused("conflict")).toMatchObject({ code: "conflict", message: "no" });
		expect(await refused("strange")).toMatchObject({ code: "runtime_failed", message: "no" });
		connection.destroy();
	});

	test("when it ends, whoever waits is told that the supervisor is gone", async () => {
		const { connection, peer } = pair();
		const waiting = connection.request(frameType.wait);
		await peer.next();
		peer.socket.destroy();
		await expect(waiting).rejects.toMatchObject({
			code: "unavailable",
			message: "the supervisor of c1 is gone",
		});
		await connection.closed;
		await expect(connection.request(frameType.state)).rejects.toMatchObject({ code: "unavailable" });
	});

	test("nonsense from the supervisor ends it with the reason", async () => {
		for (const bytes of [Buffer.alloc(100, 0xff), encodeFrame(frameType.ok, 77), encodeFrame(0x66, 0)]) {
			const { connection, peer } = pair();
			const waiting = connection.request(frameType.wait);
			peer.socket.write(bytes);
			await expect(waiting).rejects.toMatchObject({ code: "corrupt" });
			peer.socket.destroy();
		}
	});

	test("a reply that is longer than a frame is put together, and bounded", async () => {
		const { connection, peer } = pair();
		const waiting = connection.request(frameType.state);
		await peer.next();
		const { channel } = await peer.next();
		const list = encodeFields([
			["command", "x".repeat(100_000)],
			["pid", 7],
		]);
		peer.socket.write(encodeFrame(frameType.status, channel, list.subarray(0, 65_000), 1));
		peer.socket.write(encodeFrame(frameType.status, channel, list.subarray(65_000)));
		expect(numberOf(await waiting, "pid")).toBe(7);
		const endless = connection.request(frameType.state);
		const next = await peer.next();
		const part = encodeFrame(frameType.status, next.channel, Buffer.alloc(65_536, 0x61), 1);
		peer.socket.write(Buffer.concat(Array.from({ length: 65 }, () => part)));
		await expect(endless).rejects.toMatchObject({ code: "corrupt" });
		peer.socket.destroy();
	});

	test("a supervisor that is too new is refused by its version", async () => {
		const { connection, peer } = pair();
		const waiting = connection.request(frameType.state);
		peer.send(
			frameType.hello,
			0,
			encodeFields([
				["version", protocolVersion + 2],
				["oldest", protocolVersion + 1],
			]),
		);
		await expect(waiting).rejects.toMatchObject({ code: "not_implemented" });
		peer.socket.destroy();
	});

	test("kills by the kernel reach every listener", async () => {
		const { connection, peer } = pair();
		const { promise, resolve } = Promise.withResolvers<void>();
		connection.onOom(resolve);
		peer.send(frameType.oom, 0);
		await promise;
		connection.destroy();
	});
});

describe("attachment", () => {
	test("credit is given back for what was read, not for what came", async () => {
		const { connection, peer } = pair();
		const { attachment, opened } = openAttachment(connection, frameType.attach, [["stdout", true]]);
		await peer.next();
		const { channel } = await peer.next();
		peer.send(frameType.ok, channel);
		await opened;
		for (let sent = 0; sent < windowBytes; sent += 65_536)
			peer.send(frameType.data, channel, Buffer.alloc(65_536), 1);
		const output = attachment.output[Symbol.asyncIterator]();
		await output.next();
		const credit = await peer.next();
		expect([credit.type, credit.stream, Buffer.from(credit.payload).readUInt32BE(0)]).toEqual([4, 1, 65_536]);
		expect(peer.pending).toBe(0);
		connection.destroy();
	});

	test("writing waits for room and goes on with credit", async () => {
		const { connection, peer } = pair();
		const { attachment } = openAttachment(connection, frameType.attach, [["stdin", true]]);
		await peer.next();
		const { channel } = await peer.next();
		let done = false;
		const writing = attachment.write(Buffer.alloc(windowBytes + 10)).then(() => {
			done = true;
		});
		for (let received = 0; received < windowBytes; ) received += (await peer.next()).payload.length;
		expect(done).toBe(false);
		peer.send(frameType.credit, channel, Buffer.from([0, 1, 0, 0]));
		expect((await peer.next()).payload.length).toBe(10);
		await writing;
		await attachment.closeStdin();
		expect((await peer.next()).type).toBe(frameType.eof);
		await expect(attachment.write(Buffer.from("x"))).rejects.toMatchObject({ code: "not_found" });
		connection.destroy();
	});

	test("output ends with CLOSED, after the last byte", async () => {
		const { connection, peer } = pair();
		const { attachment } = openAttachment(connection, frameType.attach, [["stdout", true]]);
		await peer.next();
		const { channel } = await peer.next();
		peer.send(frameType.ok, channel);
		peer.send(frameType.data, channel, Buffer.from("out"), 1);
		peer.send(frameType.data, channel, Buffer.from("err"), 2);
		peer.send(frameType.eof, channel, undefined, 1);
		peer.send(frameType.closed, channel);
		const seen: string[] = [];
		for await (const { stream, data } of attachment.output) seen.push(`${stream}:${Buffer.from(data)}`);
		expect(seen).toEqual(["stdout:out", "stderr:err"]);
		connection.destroy();
	});

	test("a writer that waits is woken when the channel or the connection ends", async () => {
		const { connection, peer } = pair();
		const { attachment } = openAttachment(connection, frameType.attach, [["stdin", true]]);
		await peer.next();
		const writing = attachment.write(Buffer.alloc(2 * windowBytes));
		await peer.next();
		peer.socket.destroy();
		await expect(writing).rejects.toMatchObject({ code: "not_found" });
		connection.destroy();
	});
});

test("a peer that talks HTTP is told apart at once", async () => {
	const directory = mkdtempSync(join(tmpdir(), "hull-session-"));
	const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
	await new Promise<void>((resolve) => server.listen(join(directory, "s"), resolve));
	const { connect } = await import("node:net");
	const connection = new Connection(connect(join(directory, "s")), "c2");
	await expect(connection.request(frameType.state)).rejects.toMatchObject({ code: "corrupt" });
	server.close();
	rmSync(directory, { recursive: true });
});
