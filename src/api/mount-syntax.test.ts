import { describe, expect, test } from "bun:test";
import { parseCsvRecord } from "./csv-record.ts";
import { parseMountFlag, parseVolumeFlag } from "./mount-syntax.ts";
import type { Mount } from "./schemas/host-config.ts";

describe("parseMountFlag", () => {
	const cases: [string, Mount][] = [
		["target=/data", { Type: "volume", Target: "/data" }],
		["type=volume,source=v,dst=/data,ro", { Type: "volume", Source: "v", Target: "/data", ReadOnly: true }],
		["type=bind,src=./a,destination=/b", { Type: "bind", Source: "/home/me/a", Target: "/b" }],
		[
			"type=bind,src=/a,dst=/b,bind-propagation=rslave,readonly=false",
			{ Type: "bind", Source: "/a", Target: "/b", ReadOnly: false, BindOptions: { Propagation: "rslave" } },
		],
		[
			"type=bind,src=/a,dst=/b,bind-create-src",
			{ Type: "bind", Source: "/a", Target: "/b", BindOptions: { CreateMountpoint: true } },
		],
		[
			'type=volume,dst=/d,volume-driver=local,"volume-opt=o=a,b",volume-label=k=v,volume-nocopy=1',
			{
				Type: "volume",
				Target: "/d",
				VolumeOptions: {
					DriverConfig: { Name: "local", Options: { o: "a,b" } },
					Labels: { k: "v" },
					NoCopy: true,
				},
			},
		],
		[
			"type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=1777",
			{ Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 67_108_864, Mode: 0o1777 } },
		],
	];
	for (const [text, mount] of cases) {
		test(text, () => expect(parseMountFlag(text, "/home/me")).toEqual(mount));
	}

	const failures: [string, string][] = [
		["", "value is empty"],
		["type=bind,dst", "invalid field 'dst' must be a key=value pair"],
		["type=bind,foo=1", "unknown option 'foo' in 'foo=1'"],
		["type=bind, src=/a", "invalid option 'src' in ' src=/a': option should not have whitespace"],
		["type=bind,src=", "invalid value for 'src': value is empty"],
		["ro=maybe,dst=/a", `invalid value for 'ro': invalid boolean value ("maybe")`],
		["type=tmpfs,dst=/t,tmpfs-size=x", "invalid value for tmpfs-size: x"],
		["type=tmpfs,dst=/t,tmpfs-mode=9", "invalid value for tmpfs-mode: 9"],
		["type=volume,dst=/t,bind-propagation=shared", "cannot mix 'bind-*' options with mount type 'volume'"],
		["type=bind,src=/a,dst=/b,bind-nonrecursive", "bind-nonrecursive is deprecated"],
		["type=bind,src=/a,dst=/b,bind-recursive=readonly", "requires 'readonly' to be specified"],
		['type="bind"', 'parse error on line 1, column 6: bare " in non-quoted field'],
	];
	for (const [text, message] of failures) {
		test(`refuses ${text}`, () => expect(() => parseMountFlag(text)).toThrow(message));
	}

	test("a label called __proto__ is a label", () => {
		const mount = parseMountFlag("dst=/d,volume-label=__proto__=x");
		expect(Object.entries(mount.VolumeOptions!.Labels!)).toEqual([["__proto__", "x"]]);
	});
});

describe("parseVolumeFlag", () => {
	test("a target alone is an anonymous volume", () => {
		expect(parseVolumeFlag("/data")).toEqual({ kind: "anonymous", target: "/data" });
	});
	test("a relative source is taken from the working directory", () => {
		expect(parseVolumeFlag("./a:/b:ro", "/home/me")).toEqual({ kind: "bind", bind: "/home/me/a:/b:ro" });
		expect(parseVolumeFlag(".:/b", "/home/me")).toEqual({ kind: "bind", bind: "/home/me:/b" });
	});
	test("a name and an absolute path stay as they are", () => {
		expect(parseVolumeFlag("v:/b")).toEqual({ kind: "bind", bind: "v:/b" });
		expect(parseVolumeFlag("/a/../c:/b")).toEqual({ kind: "bind", bind: "/a/../c:/b" });
	});
	test("refuses empty sections and too many colons", () => {
		expect(() => parseVolumeFlag("")).toThrow("invalid empty volume spec");
		expect(() => parseVolumeFlag("/a::/b")).toThrow("invalid spec: /a::/b: empty section between colons");
		expect(() => parseVolumeFlag("/a:/b:ro:z")).toThrow("invalid spec: /a:/b:ro:z: too many colons");
	});
});

test("csv records", () => {
	expect(parseCsvRecord('a,"b,""c""",')).toEqual(["a", 'b,"c"', ""]);
	expect(() => parseCsvRecord('"a')).toThrow('extraneous or missing " in quoted-field');
	expect(() => parseCsvRecord('"a"b')).toThrow('extraneous or missing " in quoted-field');
});
