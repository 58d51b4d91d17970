import { describe, expect, test } from "bun:test";
import { chainIds } from "./chain-id.ts";
import { digestOf, parseDigest } from "./digest.ts";
import { parseImageConfig } from "./image-config.ts";
import { checkOciLayout, parseManifestDocument } from "./manifest.ts";
import { mediaTypes } from "./media-types.ts";
import { mergeRunConfig } from "./run-config.ts";

const digest = digestOf("x");
const descriptor = { mediaType: mediaTypes.ociLayerGzip, digest, size: 3 };
const bytes = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const manifest = { schemaVersion: 2, config: descriptor, layers: [descriptor] };

test("manifests and indexes are told apart by what they say and hold", () => {
	expect(parseManifestDocument(bytes(manifest), "m")).toMatchObject({ kind: "manifest", manifest });
	expect(parseManifestDocument(bytes({ schemaVersion: 2, manifests: [] }), "m")).toMatchObject({
		kind: "index",
	});
	expect(
		parseManifestDocument(bytes({ ...manifest, annotations: null }), "m", mediaTypes.dockerManifest),
	).toMatchObject({ mediaType: mediaTypes.dockerManifest });
});

describe("a hostile manifest is refused by name", () => {
	test.each<[string, unknown, string]>([
		["no JSON", "{", "m is not valid JSON"],
		["bad UTF-8", Buffer.from([0x22, 0xff, 0x22]).toString("latin1"), "m: expected an object"],
		["an array", [], "m: expected an object"],
		["schema 1", { schemaVersion: 1, fsLayers: [] }, "schema 1 are not supported"],
		["no version", { ...manifest, schemaVersion: "2" }, "m: schemaVersion: expected 2"],
		[
			"size as text",
			{ ...manifest, layers: [{ ...descriptor, size: "3" }] },
			"m: layers[0].size: expected a size",
		],
		[
			"negative size",
			{ ...manifest, config: { ...descriptor, size: -1 } },
			"m: config.size: expected a size",
		],
		[
			"absurd size",
			{ ...manifest, config: { ...descriptor, size: 1e300 } },
			"m: config.size: expected a size",
		],
		[
			"path as digest",
			{ ...manifest, config: { ...descriptor, digest: "sha256:../../etc" } },
			"a sha256 digest",
		],
		["too many layers", { ...manifest, layers: Array(1001).fill(descriptor) }, "at most 1000 elements"],
		["both kinds", { ...manifest, manifests: [] }, "m is both an index and a manifest"],
		["unknown type", { ...manifest, mediaType: "text/html" }, "unsupported manifest media type text/html"],
	])("%s", (_name, value, message) =>
		expect(() => parseManifestDocument(bytes(value), "m")).toThrow(message),
	);

	test("of another type than announced", () =>
		expect(() =>
			parseManifestDocument(
				bytes({ ...manifest, mediaType: mediaTypes.ociManifest }),
				"m",
				mediaTypes.dockerManifest,
			),
		).toThrow("but came as"));
});

test("a config keeps what is known, takes null as absent, and names what is wrong", () => {
	const config = {
		architecture: "amd64",
		os: "linux",
		config: { Cmd: "sh", Entrypoint: null, Env: ["A=b"], ExposedPorts: { "80/tcp": {} }, Labels: null },
		rootfs: { type: "layers", diff_ids: [digest] },
	};
	expect(parseImageConfig(bytes(config), "c").config).toEqual({
		Cmd: ["sh"],
		Env: ["A=b"],
		ExposedPorts: { "80/tcp": {} },
	});
	expect(() => parseImageConfig(bytes({ ...config, config: { Env: [1] } }), "c")).toThrow(
		"c: config.Env[0]: expected a string",
	);
	expect(() => parseImageConfig(bytes({ ...config, rootfs: { type: "snake" } }), "c")).toThrow(
		"c: rootfs.type",
	);
	expect(() => parseImageConfig(bytes({ ...config, created: "soon" }), "c")).toThrow(
		"c: created: expected a time",
	);
});

test("chain ids follow the image specification", () => {
	const [a, b] = [digestOf("a"), digestOf("b")];
	expect(chainIds([a, b])).toEqual([a, digestOf(`${a} ${b}`)]);
});

test("digests are lower-case sha256 and nothing else", () => {
	expect(parseDigest(digest)).toBe(digest);
	for (const text of [digest.toUpperCase(), `${digest}0`, "sha256:", "md5:abc", `${digest}\n`, "x"])
		expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
});

test("oci-layout must be version 1.0.0", () => {
	checkOciLayout(bytes({ imageLayoutVersion: "1.0.0" }));
	expect(() => checkOciLayout(bytes({ imageLayoutVersion: "2.0.0" }))).toThrow("unsupported version 2.0.0");
});

test("a container's configuration wins over its image's, as in dockerd", () => {
	const image = { Cmd: ["a"], Entrypoint: ["e"], Env: ["A=1", "B=2"], Labels: { x: "1", y: "1" }, User: "u" };
	expect(mergeRunConfig({ Cmd: ["b"], Env: ["B=3"], Labels: { y: "2" } }, image)).toMatchObject({
		Cmd: ["b"],
		Entrypoint: ["e"],
		Env: ["B=3", "A=1"],
		Labels: { x: "1", y: "2" },
		User: "u",
	});
	expect(mergeRunConfig({ Entrypoint: ["f"] }, image)).toMatchObject({ Entrypoint: ["f"], Cmd: undefined });
	expect(mergeRunConfig({ Entrypoint: [] }, image)).toMatchObject({ Entrypoint: [], Cmd: ["a"] });
});
