import { describe, expect, test } from "bun:test";
import { encodeCredit, encodeFrame, encodeRequest, type Frame, FrameReader, frameType } from "./frame.ts";

describe("frames", () => {
	test("a header is length, type, stream and channel, big endian", () => {
		const frame = encodeFrame(frameType.data, 0x0102, Buffer.from("abc"), 2);
		expect([...frame]).toEqual([0, 0, 0, 3, 2, 2, 1, 2, 97, 98, 99]);
		expect([...encodeCredit(7, 65_536, 1)]).toEqual([0, 0, 0, 4, 4, 1, 0, 7, 0, 1, 0, 0]);
	});

	test("a long request is continued, each part but the last marked", () => {
		const frames = readAll([encodeRequest(frameType.exec, 5, Buffer.alloc(150_000, 1))]);
		expect(frames.map(({ stream, payload }) => [stream, payload.length])).toEqual([
			[1, 65_536],
			[1, 65_536],
			[0, 150_000 - 2 * 65_536],
		]);
		expect(() => encodeRequest(frameType.exec, 5, Buffer.alloc(5_000_000))).toThrow("too long");
	});

	test("the reader gives the same frames however the stream is cut", () => {
		const sent = [
			encodeFrame(frameType.ok, 1),
			encodeFrame(frameType.data, 2, Buffer.from("hello"), 1),
			encodeFrame(frameType.data, 3, Buffer.alloc(65_536, 9), 2),
			encodeFrame(frameType.eof, 3, undefined, 2),
			encodeFrame(frameType.closed, 65_535),
		];
		const stream = Buffer.concat(sent);
		const whole = plain(readAll([stream]));
		expect(whole.length).toBe(5);
		for (const size of [1, 3, 7, 8, 9, 1000, 65_544]) {
			const cuts: Buffer[] = [];
			for (let offset = 0; offset < stream.length; offset += size)
				cuts.push(stream.subarray(offset, offset + size));
			expect(plain(readAll(cuts))).toEqual(whole);
		}
	});

	test("a frame that no supervisor sends is refused before its bytes are awaited", () => {
		const reader = new FrameReader();
		expect(() => [...reader.push(Buffer.from([0, 1, 0, 1, 2, 1, 0, 1]))]).toThrow("a frame of 65537 bytes");
		const slow = new FrameReader();
		expect([...slow.push(Buffer.from([0xff, 0xff]))]).toEqual([]);
		expect(() => [...slow.push(Buffer.from([0xff, 0xff, 2, 1, 0, 1]))]).toThrow("4294967295 bytes");
	});

	test("random bytes are frames or an error, never anything else", () => {
		for (let round = 0; round < 2000; round++) {
			const bytes = crypto.getRandomValues(Buffer.alloc(1 + (round % 64)));
			if (round % 2 === 0) bytes.fill(0, 0, Math.min(3, bytes.length));
			try {
				for (const frame of new FrameReader().push(bytes))
					expect(frame.payload.length).toBeLessThanOrEqual(64);
			} catch (error) {
				expect(error).toMatchObject({ code: "corrupt" });
			}
		}
	});
});

function readAll(chunks: readonly Buffer[]): Frame[] {
	const reader = new FrameReader();
	return chunks.flatMap((chunk) => [...reader.push(chunk)]);
}

function plain(frames: readonly Frame[]): unknown[] {
	return frames.map((frame) => ({ ...frame, payload: Buffer.from(frame.payload).toString("latin1") }));
}
