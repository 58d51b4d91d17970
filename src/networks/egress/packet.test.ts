import { expect, test } from "bun:test";
import { readPacket } from "./packet.ts";

const four = (protocol: number, rest: string, offset = "0000") =>
	Buffer.from(
		`4500002800${"00"}${offset}40${protocol.toString(16).padStart(2, "0")}0000ac110002c0000201${rest}`,
		"hex",
	);
const six = (next: number, rest: string) =>
	Buffer.from(
		`60000000001406${"40"}`.slice(0, 12) +
			next.toString(16).padStart(2, "0") +
			`40${"fd00".padEnd(32, "0")}20010db8${"0".repeat(23)}1${rest}`,
		"hex",
	);

test("target, protocol and port of both families", () => {
	expect(readPacket(four(6, "c00001bb"))).toEqual({ address: "192.0.2.1", protocol: "tcp", port: 443 });
	expect(readPacket(four(1, "08000000"))).toEqual({ address: "192.0.2.1", protocol: "icmp", port: 0 });
	expect(readPacket(six(17, "c0000035"))).toEqual({ address: "2001:db8::1", protocol: "udp", port: 53 });
});

test("a later fragment has no port, and neither has what is cut", () => {
	expect(readPacket(four(6, "c00001bb", "0001"))?.port).toBe(0);
	expect(readPacket(four(6, "c0"))?.port).toBe(0);
	expect(readPacket(four(6, "").subarray(0, 19))).toBeUndefined();
	expect(readPacket(six(6, "").subarray(0, 39))).toBeUndefined();
	expect(readPacket(Buffer.alloc(0))).toBeUndefined();
});
