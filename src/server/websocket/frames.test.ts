import { describe, expect, test } from "bun:test";
import { createRandom, seed } from "../../../test/support/random-text.ts";
import {
	closeFrame,
	createFrameReader,
	type Incoming,
	maxFrameBytes,
	messageHead,
	pongFrame,
	WebSocketViolation,
} from "./frames.ts";

const mask = Buffer.from([0x61, 0x62, 0x63, 0x64]);

/** A client's frame. `length`: said instead of the payload's own. */
function frame(first: number, payload: string | Buffer, length?: Buffer): Buffer {
	const bytes = Buffer.from(payload);
	const masked = bytes.map((byte, index) => byte ^ mask[index & 3]!);
	const said = length ?? shortest(bytes.length);
	said[0]! |= 0x80;
	return Buffer.concat([Buffer.from([first]), said, mask, masked]);
}

function shortest(length: number): Buffer {
	if (length < 126) return Buffer.from([length]);
	if (length > 0xffff) return long(BigInt(length));
	return Buffer.from([126, length >> 8, length & 0xff]);
}

function long(length: bigint): Buffer {
	const bytes = Buffer.from([127, 0, 0, 0, 0, 0, 0, 0, 0]);
	bytes.writeBigUInt64BE(length, 1);
	return bytes;
}

/** What is read of the bytes in one piece; slices of data joined. */
function read(...chunks: readonly Buffer[]): string[] {
	const reader = createFrameReader();
	return told(chunks.flatMap((chunk) => reader.feed(chunk)));
}

function told(incoming: readonly Incoming[]): string[] {
	const lines: string[] = [];
	let data = "";
	const flush = () => {
		if (data !== "") lines.push(`data ${data}`);
		data = "";
	};
	for (const one of incoming) {
		if (one.kind === "data") {
			data += one.data.toString("latin1");
			continue;
		}
		flush();
		lines.push(one.kind === "close" ? `close ${one.code}` : `${one.kind} ${one.data}`);
	}
	flush();
	return lines;
}

describe("messages and control frames", () => {
	const bytes = Buffer.concat([
		...[
			frame(0x81, "one "),
			frame(0x02, "two "),
			frame(0x89, "p"),
			frame(0x00, "three "),
			frame(0x80, "four "),
		],
		...[frame(0x81, ""), frame(0x8a, ""), frame(0x82, Buffer.alloc(70_000, "x"))],
		frame(0x88, Buffer.from([3, 232])),
	]);
	const expected = [
		...["data one two ", "ping p", "data three four ", "pong "],
		...[`data ${"x".repeat(70_000)}`, "close 1000"],
	];

	test("in one piece", () => {
		expect(read(bytes)).toEqual(expected);
	});

	test("byte by byte, and cut anywhere", () => {
		expect(read(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
		const random = createRandom(seed);
		for (let round = 0; round < 50; round++) expect(read(...cut(bytes, random))).toEqual(expected);
	});

	test("nothing is read after a close", () => {
		expect(read(Buffer.concat([frame(0x88, ""), frame(0x81, "late")]))).toEqual(["close 1005"]);
	});
});

const violations: Record<string, [bytes: Buffer, code: number]> = {
	"a frame without a mask": [Buffer.from([0x81, 0x01, 0x61]), 1002],
	"reserved bits": [frame(0xc1, "x"), 1002],
	"a data opcode that there is not": [frame(0x83, "x"), 1002],
	"a control opcode that there is not": [frame(0x8b, "x"), 1002],
	"a fragmented ping": [frame(0x09, "x"), 1002],
	"a ping that is too long": [frame(0x89, Buffer.alloc(126)), 1002],
	"a continuation of nothing": [frame(0x80, "x"), 1002],
	"a message within a message": [Buffer.concat([frame(0x01, "x"), frame(0x81, "y")]), 1002],
	"a length of 16 bits for a short frame": [frame(0x81, "x", Buffer.from([126, 0, 1])), 1002],
	"a length of 64 bits for a short frame": [frame(0x81, "x", long(65_535n)), 1002],
	"a frame that is too long": [frame(0x81, "x", long(BigInt(maxFrameBytes) + 1n)), 1009],
	"the longest length": [frame(0x81, "x", long(0xffff_ffff_ffff_ffffn)), 1009],
	"a close of one byte": [frame(0x88, "x"), 1002],
	"a close that says that there was none": [frame(0x88, Buffer.from([0x03, 0xed])), 1002],
	"a close with a code out of range": [frame(0x88, Buffer.from([0x00, 0x01])), 1002],
};

for (const [name, [bytes, code]] of Object.entries(violations)) {
	test(`${name} ends the connection with ${code}`, () => {
		for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.from([byte]))]) {
			let thrown: unknown;
			try {
				read(...chunks);
			} catch (error) {
				thrown = error;
			}
			expect(thrown).toBeInstanceOf(WebSocketViolation);
			expect((thrown as WebSocketViolation).code).toBe(code);
		}
	});
}

test("whatever bytes come, they are read or refused, however they are cut", () => {
	const random = createRandom(seed);
	const openings = [0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8a];
	const outcome = (chunks: readonly Buffer[]) => {
		const reader = createFrameReader();
		const seen: Incoming[] = [];
		try {
			for (const chunk of chunks) {
				seen.push(...reader.feed(chunk));
				if (seen.at(-1)?.kind === "close") break;
			}
			return told(seen).join("|");
		} catch (error) {
			if (error instanceof WebSocketViolation) return error.code;
			throw new Error(`seed ${seed}`, { cause: error });
		}
	};
	for (let round = 0; round < 3000; round++) {
		const frames = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
			frame(
				openings[Math.floor(random() * openings.length)]!,
				Buffer.alloc(Math.floor(random() * 130), 0x0f),
			),
		);
		const bytes = Buffer.concat(frames);
		for (let change = Math.floor(random() * 4); change > 0; change--)
			bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
		expect(outcome(cut(bytes, random))).toBe(outcome([bytes]));
	}
});

test("frames to the client are whole, unmasked and in their shortest form", () => {
	expect(messageHead("binary", 125)).toEqual(Buffer.from([0x82, 125]));
	expect(messageHead("text", 126)).toEqual(Buffer.from([0x81, 126, 0, 126]));
	expect(messageHead("binary", 65_536)).toEqual(Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]));
	expect(pongFrame(Buffer.from("p"))).toEqual(Buffer.from([0x8a, 1, 0x70]));
	expect(closeFrame(1002)).toEqual(Buffer.from([0x88, 2, 0x03, 0xea]));
	expect(closeFrame(1005)).toEqual(Buffer.from([0x88, 0]));
});

function cut(bytes: Buffer, random: () => number): Buffer[] {
	const chunks: Buffer[] = [];
	for (let at = 0; at < bytes.length; ) {
		const length = 1 + Math.floor(random() * (random() < 0.5 ? 5 : 5000));
		chunks.push(bytes.subarray(at, at + length));
		at += length;
	}
	return chunks;
}
