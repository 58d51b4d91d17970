import { expect, test } from "bun:test";
import { humanDuration } from "../../api/syntax.ts";
import { formatPorts } from "../commands/container/ports.ts";
import { imageRows } from "../commands/image/view.ts";
import { displayName, registryOf, splitReference } from "./image-name.ts";
import { indentJson } from "./indent-json.ts";
import { formatTable } from "./table.ts";
import { ellipsis, textWidth } from "./text-width.ts";
import { binarySize, decimalSize } from "./units.ts";

test("sizes are go-units'", () => {
	const decimal = [0, 999, 1000, 1234567, 1984250, 1e9, 123456789012].map((bytes) => decimalSize(bytes));
	expect(decimal).toEqual(["0B", "999B", "1kB", "1.235MB", "1.984MB", "1GB", "123.5GB"]);
	expect([1984250, 45_000_000, 999_999].map((bytes) => decimalSize(bytes, 3))).toEqual([
		"1.98MB",
		"45MB",
		"1e+03kB",
	]);
	expect([434176, 1024, 25_275_000_000].map(binarySize)).toEqual(["424KiB", "1KiB", "23.54GiB"]);
});

test("time spans are go-units'", () => {
	const minute = 60;
	const hour = 3600;
	const day = 24 * hour;
	const spans = [
		0.4,
		1,
		59,
		89,
		2 * minute,
		59 * minute,
		80 * minute,
		47 * hour,
		3 * day,
		13 * day,
		20 * day,
		70 * day,
		800 * day,
	];
	expect(spans.map(humanDuration)).toEqual([
		"Less than a second",
		"1 second",
		"59 seconds",
		"About a minute",
		"2 minutes",
		"59 minutes",
		"About an hour",
		"47 hours",
		"3 days",
		"13 days",
		"2 weeks",
		"2 months",
		"2 years",
	]);
});

test("tables have docker's columns, and fit a narrow terminal", () => {
	const rows = [
		["ID", "NAME"],
		["1", "x"],
		["a-long-identifier", "y"],
	];
	expect(formatTable(rows)).toBe("ID                  NAME\n1                   x\na-long-identifier   y\n");
	const wide = [
		["ID", "COMMAND", "NAME"],
		["123456789012", "c".repeat(50), "n".repeat(20)],
	];
	const lines = formatTable(wide, { width: 60 }).trimEnd().split("\n");
	for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(60);
	expect(lines[1]).toStartWith("123456789012 ");
});

test("widths count cells, not characters", () => {
	expect(textWidth("日本")).toBe(4);
	expect(ellipsis("日本語テキスト", 7)).toBe("日本語…");
	expect(ellipsis("short", 5)).toBe("short");
});

test("ports are joined to ranges, published ones first", () => {
	const port = (PrivatePort: number, PublicPort?: number, IP?: string, Type = "tcp") => ({
		PrivatePort,
		Type,
		...(PublicPort && { PublicPort, IP }),
	});
	expect(
		formatPorts([port(443), port(80, 8080, "0.0.0.0"), port(81, 8081, "0.0.0.0"), port(53, 53, "::", "udp")]),
	).toBe("[::]:53->53/udp, 0.0.0.0:8080-8081->80-81/tcp, 443/tcp");
	expect(formatPorts([port(80), port(81), port(90)])).toBe("80-81/tcp, 90/tcp");
});

test("names of images are taken apart as docker does", () => {
	expect(displayName("busybox")).toBe("busybox:latest");
	expect(displayName("host:5000/a")).toBe("host:5000/a:latest");
	expect(splitReference("host:5000/a/b:v1")).toEqual({
		repository: "host:5000/a/b",
		tag: "v1",
		digest: undefined,
	});
	expect(splitReference("a@sha256:0")).toEqual({ repository: "a", tag: undefined, digest: "sha256:0" });
	expect(["a", "a/b", "localhost/a", "host:1/a", "x.y/a"].map(registryOf)).toEqual([
		"docker.io",
		"docker.io",
		"localhost",
		"host:1",
		"x.y",
	]);
});

test("an image has a row for each name", () => {
	const image = { Id: "sha256:1", RepoTags: ["a:1", "a:2"], RepoDigests: ["a@sha256:9", "b@sha256:8"] };
	const rows = (digests: boolean) =>
		imageRows([image], { digests, onlyIds: false }).map(
			(row) => `${row.repository} ${row.tag} ${row.digest}`,
		);
	expect(rows(false)).toEqual(["a 1 <none>", "a 2 <none>"]);
	expect(rows(true)).toEqual(["a 1 sha256:9", "a 2 sha256:9"]);
	expect(imageRows([{ Id: "sha256:2", RepoTags: [] }], { digests: false, onlyIds: false })[0]).toMatchObject({
		repository: "<none>",
		tag: "<none>",
	});
});

test("documents are indented without being read", () => {
	const text = '[{"a":9223372036854771712,"b":{},"c":[],"d":"x, {\\"y\\": [1]}","e":[1,2]}]';
	expect(indentJson(text)).toBe(
		'[\n    {\n        "a": 9223372036854771712,\n        "b": {},\n        "c": [],\n        "d": "x, {\\"y\\": [1]}",\n        "e": [\n            1,\n            2\n        ]\n    }\n]',
	);
});
