import { expect, test } from "bun:test";
import { parseAddress } from "./ipam/address.ts";
import { macAddressFor, parseMacAddress } from "./mac-address.ts";

test("the MAC address is made from the address", () => {
	expect(macAddressFor(parseAddress("172.17.0.2")!)).toBe("02:42:ac:11:00:02");
	expect(macAddressFor(parseAddress("fd00::a:2")!)).toBe("02:42:00:0a:00:02");
});

test("a requested MAC address is read in both usual forms", () => {
	expect(parseMacAddress("92:D0:c6:0a:29:33")).toBe("92:d0:c6:0a:29:33");
	expect(parseMacAddress("92-d0-c6-0a-29-33")).toBe("92:d0:c6:0a:29:33");
});

test.each(["", "92:d0:c6:0a:29", "92:d0:c6:0a:29:33:44", "92:d0-c6:0a:29:33", "zz:d0:c6:0a:29:33"])(
	"%p is refused",
	(text) => expect(() => parseMacAddress(text)).toThrow(`${text} is not a valid mac address`),
);

test("addresses that no single interface can have are refused", () => {
	expect(() => parseMacAddress("01:00:5e:00:00:01")).toThrow("not a unicast address");
	expect(() => parseMacAddress("00:00:00:00:00:00")).toThrow("not a unicast address");
});
