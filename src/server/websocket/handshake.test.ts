import { expect, test } from "bun:test";
import { readHandshake } from "./handshake.ts";

/** The example of RFC 6455, 1.3. */
const asked = {
	host: "server.example.com",
	upgrade: "WebSocket",
	connection: "keep-alive, Upgrade",
	"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
	"sec-websocket-version": "13",
};
const handshake = (fields: Record<string, string> = {}) =>
	readHandshake(new Map(Object.entries({ ...asked, ...fields })));

test("the answer proves that the key was read", () => {
	expect(handshake()).toEqual({ accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", protocol: undefined });
});

test("one subprotocol is agreed on, of several none", () => {
	expect(handshake({ "sec-websocket-protocol": "tty" }).protocol).toBe("tty");
	expect(handshake({ "sec-websocket-protocol": "tty, other" }).protocol).toBeUndefined();
});

test("what is no handshake is refused", () => {
	expect(() => handshake({ upgrade: "tcp" })).toThrow("Upgrade: websocket is needed");
	expect(() => handshake({ connection: "close" })).toThrow("Upgrade: websocket is needed");
	expect(() => handshake({ "sec-websocket-version": "8" })).toThrow("websocket version 8: 13 is needed");
	for (const key of ["", "short", `${asked["sec-websocket-key"]}=`, "dGhlIHNhbXBsZSBub25jZR=="])
		expect(() => handshake({ "sec-websocket-key": key })).toThrow("malformed Sec-WebSocket-Key");
});

test("a page of another host is refused, one of this host and no page are not", () => {
	expect(() => handshake({ origin: "http://evil.example" })).toThrow("which is not this host");
	expect(() => handshake({ origin: "null" })).toThrow("which is not this host");
	expect(handshake({ origin: "http://Server.example.com" }).accept).not.toBe("");
});
