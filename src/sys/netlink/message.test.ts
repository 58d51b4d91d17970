import { expect, test } from "bun:test";
import {
	bytes,
	decodeAttributes,
	decodeMessages,
	decodeText,
	encodeMessages,
	type Message,
	nested,
	text,
	u8,
	u32,
} from "./message.ts";

const message = (attributes: Message["attributes"], header = new Uint8Array(0)): Message => ({
	type: 16,
	flags: 5,
	header,
	attributes,
	what: "test",
});

test("a message is a header, the family's header and padded attributes", () => {
	const datagram = encodeMessages([message([text(3, "ab"), u8(9, 7)], Uint8Array.of(1, 2, 3, 4))], 6);
	expect(datagram.toString("hex")).toBe(
		"24000000" +
			"1000" +
			"0500" +
			"06000000" +
			"00000000" +
			"01020304" +
			"07000300" +
			"61620000" +
			"05000900" +
			"07000000",
	);
});

test("messages of one datagram come back in order with counted sequence numbers", () => {
	const datagram = encodeMessages([message([u32(1, 42)]), message([text(2, "eth0")])], 10);
	const decoded = decodeMessages(datagram);
	expect(decoded.map(({ sequence }) => sequence)).toEqual([10, 11]);
	expect(decodeAttributes(decoded[0]!.payload).get(1)!.readUInt32LE()).toBe(42);
	expect(decodeText(decodeAttributes(decoded[1]!.payload).get(2)!)).toBe("eth0");
});

test("nested attributes are found below their parent, behind a prefix", () => {
	const inner = { ...nested(1, [bytes(2, Uint8Array.of(9, 9, 9)), u8(3, 1)]), prefix: new Uint8Array(16) };
	const [decoded] = decodeMessages(encodeMessages([message([nested(18, [inner])])], 1));
	const outer = decodeAttributes(decodeAttributes(decoded!.payload).get(18)!).get(1)!;
	const attributes = decodeAttributes(outer.subarray(16));
	expect([...attributes.get(2)!]).toEqual([9, 9, 9]);
	expect([...attributes.get(3)!]).toEqual([1]);
});

test("lengths that lie end the reading instead of running away", () => {
	const datagram = encodeMessages([message([u32(1, 1)])], 1);
	for (const length of [0, 15, 4096]) {
		const broken = Buffer.from(datagram);
		broken.writeUInt32LE(length, 0);
		expect(decodeMessages(broken)).toEqual([]);
	}
	expect(decodeAttributes(Buffer.from("0000010000000000", "hex")).size).toBe(0);
	expect(decodeAttributes(Buffer.from("ff00010000000000", "hex")).size).toBe(0);
});
