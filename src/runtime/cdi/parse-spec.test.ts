import { expect, test } from "bun:test";
import { parseCdiSpec } from "./parse-spec.ts";

const device = (containerEdits: unknown) => ({
	cdiVersion: "0.6.0",
	kind: "vendor.com/device",
	devices: [{ name: "one", containerEdits }],
});
const editsOf = (edits: unknown) => parseCdiSpec("/etc/cdi/a.json", device(edits)).devices.get("one");

test("what is not said has its default", () => {
	expect(editsOf({})).toEqual({ env: [], deviceNodes: [], mounts: [], hooks: [], additionalGids: [] });
	expect(editsOf({ deviceNodes: [{ path: "/dev/a" }] })?.deviceNodes).toMatchObject([
		{ path: "/dev/a", hostPath: "/dev/a", access: "rwm" },
	]);
	expect(editsOf({ mounts: [{ hostPath: "/a", containerPath: "/b" }] })?.mounts).toEqual([
		{ destination: "/b", source: "/a", type: "bind", options: ["rbind"] },
	]);
});

const wrong: readonly (readonly [string, unknown, string])[] = [
	["no object", [], "/etc/cdi/a.json: expected an object"],
	["a version to come", { ...device({}), cdiVersion: "2.0.0" }, "cdiVersion: expected one of"],
	["a kind without a class", { ...device({}), kind: "vendor.com" }, "kind: expected vendor.com/class"],
	["no device", { ...device({}), devices: [] }, "devices: expected at least one"],
	[
		"a member that is not served",
		device({ intelRdt: {} }),
		"devices[0].containerEdits.intelRdt: is not known",
	],
	["a variable without a value", device({ env: ["A"] }), "env[0]: expected NAME=value"],
	["a relative path", device({ deviceNodes: [{ path: "dev/a" }] }), "path: expected an absolute path"],
	[
		"a device of no type",
		device({ deviceNodes: [{ path: "/a", type: "x" }] }),
		"type: expected b, c, u or p",
	],
	["access that is none", device({ deviceNodes: [{ path: "/a", permissions: "x" }] }), "letters of rwm"],
	["a group that is none", device({ additionalGids: [-1] }), "additionalGids[0]: expected a number"],
	["an unknown hook", device({ hooks: [{ hookName: "x", path: "/a" }] }), "hookName: expected one of"],
	[
		"options in an option",
		device({ mounts: [{ hostPath: "/a", containerPath: "/b", options: ["ro,upperdir=/"] }] }),
		"options: expected options of mount",
	],
	["a list without an end", device({ env: Array(5000).fill("A=1") }), "expected a list of at most 4096"],
	["a byte that ends strings", device({ env: ["A=\0"] }), "expected a string"],
];
for (const [what, content, message] of wrong)
	test(`${what} is refused by its place`, () => {
		expect(() => parseCdiSpec("/etc/cdi/a.json", content)).toThrow(message);
	});
