import { describe, expect, test } from "bun:test";
import { createStdcopyDecoder, decodeStdcopy, stdcopyHeader } from "./stdcopy.ts";

function frame(stream: "stdout" | "stderr", text: string): Uint8Array {
	return Buffer.concat([stdcopyHeader(stream, text.length), Buffer.from(text)]);
}

test("the header is Docker's", () => {
	expect([...stdcopyHeader("stderr", 0x01020304)]).toEqual([2, 0, 0, 0, 1, 2, 3, 4]);
});

describe("decoder", () => {
	const stream = Buffer.concat([frame("stdout", "hello"), frame("stderr", ""), frame("stderr", "oh")]);

	test("any cut of the stream gives the same output", () => {
		for (let size = 1; size <= stream.length; size++) {
			const decoder = createStdcopyDecoder();
			const text = { stdout: "", stderr: "" };
			for (let offset = 0; offset < stream.length; offset += size) {
				for (const piece of decoder.push(stream.subarray(offset, offset + size)))
					text[piece.stream] += Buffer.from(piece.data).toString();
			}
			expect(text).toEqual({ stdout: "hello", stderr: "oh" });
			expect(decoder.isAtFrameEnd()).toBe(true);
		}
	});
	test("payloads are views, not copies", () => {
		const [piece] = createStdcopyDecoder().push(stream);
		expect(piece!.data.buffer).toBe(stream.buffer);
	});
	test("a claimed length of 4 GiB costs nothing", () => {
		const decoder = createStdcopyDecoder();
		expect(decoder.push(Uint8Array.of(1, 0, 0, 0, 255, 255, 255, 255, 65))).toHaveLength(1);
		expect(decoder.isAtFrameEnd()).toBe(false);
	});
	test("an unknown stream is corrupt", () => {
		expect(() => createStdcopyDecoder().push(Buffer.from("HTTP/1.1"))).toThrow("unrecognized stream: 72");
	});
	test("a system error frame is thrown with its text", () => {
		const system = Buffer.concat([Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 4), Buffer.from("boom")]);
		const decoder = createStdcopyDecoder();
		decoder.push(system.subarray(0, 10));
		expect(() => decoder.push(system.subarray(10))).toThrow("error from daemon in stream: boom");
	});
});

test("a stream that is cut off ends quietly", async () => {
	async function* source() {
		yield frame("stdout", "hello").subarray(0, 10);
	}
	const pieces = await Array.fromAsync(decodeStdcopy(source()));
	expect(pieces.map((piece) => Buffer.from(piece.data).toString())).toEqual(["he"]);
});
