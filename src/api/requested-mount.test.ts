import { describe, expect, test } from "bun:test";
import {
	missingBindSource,
	parseBind,
	parseMount,
	parseVolumesFrom,
	tmpfsMountOptions,
} from "./requested-mount.ts";

describe("parseBind", () => {
	test("an absolute source is a bind", () => {
		expect(parseBind("/a/:/b//c/:ro,rslave")).toMatchObject({
			type: "bind",
			source: "/a",
			destination: "/b/c",
			readOnly: true,
			propagation: "rslave",
			mode: "ro,rslave",
			origin: "binds",
		});
	});
	test("a name is a volume that gets the image's files", () => {
		expect(parseBind("data:/b")).toMatchObject({
			type: "volume",
			source: "data",
			copyData: true,
			readOnly: false,
		});
		expect(parseBind("data:/b:nocopy")).toMatchObject({ copyData: false });
	});
	test("the default propagation is rprivate", () => expect(parseBind("/a:/b").propagation).toBe("rprivate"));

	const failures: [string, string][] = [
		["", "invalid volume specification: ''"],
		[":/b", "invalid volume specification: ':/b'"],
		["/foo:rw", "invalid volume specification: '/foo:rw'"],
		["/a:/b:ro:z", "invalid volume specification: '/a:/b:ro:z'"],
		["/a:/b:rx", "invalid mode: rx"],
		["/a:/b:ro,rw", "invalid mode: ro,rw"],
		[
			"/a:/",
			"invalid volume specification: '/a:/': invalid mount config for type \"bind\": " +
				"invalid specification: destination can't be '/'",
		],
		["/a:b", "invalid mount config for type \"bind\": invalid mount path: 'b' mount path must be absolute"],
		["v:/b:shared", 'invalid mount config for type "volume": field BindOptions must not be specified'],
	];
	for (const [raw, message] of failures) {
		test(`refuses ${raw}`, () => expect(() => parseBind(raw)).toThrow(message));
	}
});

describe("parseMount", () => {
	test("says what is missing or too much", () => {
		expect(() => parseMount({ Type: "bind", Target: "/a" })).toThrow(
			'invalid mount config for type "bind": field Source must not be empty',
		);
		expect(() => parseMount({ Type: "volume" })).toThrow("field Target must not be empty");
		expect(() => parseMount({ Type: "tmpfs", Target: "/t", Source: "x" })).toThrow(
			"field Source must not be specified",
		);
		expect(() => parseMount({ Type: "foo", Target: "/t" })).toThrow('type "foo": mount type unknown');
		expect(() => parseMount({ Type: "image", Target: "/t" })).toThrow("field Source must not be empty");
		expect(() => parseMount({ Type: "cluster", Source: "x", Target: "/t" })).toThrow(
			'mounts of type "cluster" are not supported',
		);
	});
	test("a subpath stays inside the volume", () => {
		const spec = { Type: "volume", Source: "v", Target: "/t", VolumeOptions: { Subpath: "a/../../b" } };
		expect(() => parseMount(spec)).toThrow("subpath must be a relative path within the volume");
	});
	test("a missing source has Docker's text", () => {
		const mount = parseMount({ Type: "bind", Source: "/nowhere", Target: "/t" });
		expect(missingBindSource(mount).message).toBe(
			'invalid mount config for type "bind": bind source path does not exist: /nowhere',
		);
	});
});

test("tmpfs options are those of mount(2)", () => {
	const options = { SizeBytes: 64 * 2 ** 20, Mode: 0o1770, Options: [["noexec"]] };
	expect(tmpfsMountOptions({ Type: "tmpfs", Target: "/t", ReadOnly: true, TmpfsOptions: options })).toEqual([
		"ro",
		"mode=1770",
		"size=64m",
		"noexec",
	]);
});

test("volumes-from", () => {
	expect(parseVolumesFrom("c")).toEqual({ container: "c", readOnly: false });
	expect(parseVolumesFrom("c:ro,z")).toEqual({ container: "c", readOnly: true });
	expect(() => parseVolumesFrom("c:nocopy")).toThrow("invalid mode: nocopy");
	expect(() => parseVolumesFrom("")).toThrow("volumes-from specification cannot be an empty string");
});
