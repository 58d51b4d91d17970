import { describe, expect, test } from "bun:test";
import { parseAttachment } from "./attachment-syntax.ts";

describe("parseAttachment", () => {
	test.each([
		["db", { Name: "db" }],
		["source=db,target=x", { Name: "db", Target: "x" }],
		[
			"db,target=/etc/key,uid=7,gid=8,mode=0400",
			{ Name: "db", Target: "/etc/key", UID: 7, GID: 8, Mode: 0o400 },
		],
		["db,env=PASSWORD", { Name: "db", Env: "PASSWORD" }],
	])("%s", (text, attachment) => {
		expect(parseAttachment(text)).toEqual(attachment);
	});

	test.each([
		["", "source is required"],
		["target=x", "source is required"],
		["db,mode=800", "invalid mode '800'"],
		["db,mode=4755", "invalid mode '4755'"],
		["db,uid=-1", "invalid uid '-1'"],
		["db,uid=", "value is empty"],
		["db,ro", "invalid field 'ro'"],
		["db,size=1", "invalid field key 'size'"],
	])("refuses %p", (text, message) => {
		expect(() => parseAttachment(text)).toThrow(message);
	});
});
