import { expect, test } from "bun:test";
import type { Digest } from "../../oci/index.ts";
import { type CacheDocument, decodeDocument, encodeDocument } from "./document.ts";

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const createdAt = "2026-01-02T03:04:05.678Z";

const written: CacheDocument = {
	steps: [
		{ key: digest("1"), description: "RUN one", parts: { "the command": digest("a") }, createdAt },
		{
			...{ key: digest("2"), description: "RUN two", parts: {}, createdAt, parent: digest("1") },
			layer: { diffId: digest("c"), size: 10_240, unpackedBytes: 12 },
		},
	],
	copies: new Map([[digest("d"), digest("e")]]),
	mounts: [],
	blobs: new Map([[digest("c"), { mediaType: "application/x", digest: digest("b"), size: 99 }]]),
};

const change = (edit: (json: Record<string, never>) => void): Uint8Array => {
	const json = JSON.parse(Buffer.from(encodeDocument(written)).toString());
	edit(json);
	return Buffer.from(JSON.stringify(json));
};

test("what is written is read again, and is BuildKit's form around it", () => {
	const bytes = encodeDocument(written);
	expect(decodeDocument(bytes, "cache")).toEqual(written);
	const { layers, records } = JSON.parse(Buffer.from(bytes).toString());
	expect(layers).toEqual([
		{
			blob: digest("b"),
			parent: -1,
			annotations: { mediaType: "application/x", diffID: digest("c"), size: 99, createdAt },
		},
	]);
	expect(records[1]).toEqual({
		digest: digest("2"),
		inputs: [[{ link: 0 }]],
		layers: [{ layer: 0, createdAt }],
	});
});

test("a cache of another builder, or of another version, says nothing", () => {
	expect(decodeDocument(Buffer.from('{"layers":[],"records":[]}'), "cache")).toBeUndefined();
	expect(
		decodeDocument(
			change((json) => Object.assign(json["hull"]!, { version: 2 })),
			"cache",
		),
	).toBeUndefined();
});

test("what is not as it must be is corrupt, with its place", () => {
	const wrongs: readonly (readonly [(hull: { steps: Record<string, unknown>[] }) => void, string])[] = [
		[({ steps }) => Object.assign(steps[0]!, { key: "sha256:short" }), "steps[0].key"],
		[({ steps }) => Object.assign(steps[0]!, { createdAt: "yesterday" }), "steps[0].createdAt"],
		[({ steps }) => Object.assign(steps[0]!, { parts: ["x"] }), "steps[0].parts"],
		[({ steps }) => Object.assign(steps[1]!, { layer: { diffId: digest("c"), size: -1 } }), "layer.size"],
		[({ steps }) => Object.assign(steps[0]!, { description: "x".repeat(300_000) }), "description"],
		[(hull) => Object.assign(hull, { steps: new Array(10_001).fill(null) }), "at most 10000 elements"],
	];
	for (const [edit, place] of wrongs)
		expect(() =>
			decodeDocument(
				change((json) => edit(json["hull"]!)),
				"cache",
			),
		).toThrow(place);
});
