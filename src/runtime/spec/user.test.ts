import { describe, expect, test } from "bun:test";
import { resolveUser } from "./user.ts";

const files = {
	passwd: "root:x:0:0:root:/root:/bin/sh\n# nobody\nbroken\n\napp:x:1000:1000:app:/home/app:/bin/sh\n",
	group: "root:x:0:\napp:x:1000:\naudio:x:63:app\nvideo:x:44:app,root\n",
};
const none = { passwd: "", group: "" };

describe("what dockerd 20.10 answers for the same files", () => {
	const cases: [string, string[], number, number, number[], string][] = [
		["", [], 0, 0, [0, 44], "/root"],
		["app", [], 1000, 1000, [1000, 63, 44], "/home/app"],
		["1000:44", ["audio", "777"], 1000, 44, [44, 63, 777], "/home/app"],
		["5000", [], 5000, 0, [0], "/"],
		["app:root", [], 1000, 0, [0], "/home/app"],
		["0:5000", [], 0, 5000, [5000], "/root"],
	];
	for (const [spec, groupAdd, uid, gid, additionalGids, home] of cases) {
		test(`${spec || "no user"} ${groupAdd}`, () => {
			expect(resolveUser(spec, files, groupAdd)).toEqual({ uid, gid, additionalGids, home });
		});
	}
});

test("numbers need no files", () => {
	expect(resolveUser("", none)).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: "/" });
	expect(resolveUser("7:8", none)).toEqual({ uid: 7, gid: 8, additionalGids: [8], home: "/" });
});

describe("refusals have Docker's texts", () => {
	const failures: [string, string[], string][] = [
		["foo", [], "unable to find user foo: no matching entries in passwd file"],
		["root:foo", [], "unable to find group foo: no matching entries in group file"],
		["99999999999", [], "uids and gids must be in range 0-2147483647"],
		["-1", [], "uids and gids must be in range 0-2147483647"],
		["", ["nope"], "unable to find group nope: no matching entries in group file"],
	];
	for (const [spec, groupAdd, message] of failures)
		test(message, () => expect(() => resolveUser(spec, files, groupAdd)).toThrow(message));
});
