import { describe, expect, test } from "bun:test";
import type { ImageRecord } from "../../images/index.ts";
import { type Digest, digestOf } from "../../oci/index.ts";
import { holdingsOf } from "../disk/holdings.ts";
import type { DiskMeasure } from "../disk/measure.ts";
import { type CollectionInput, planCollection } from "./plan.ts";
import { defaultPolicy, parseCollectionPolicy } from "./policy.ts";

const hour = 3_600_000;
const nowMs = Date.parse("2026-06-01T00:00:00Z");

/** An image of layers of its own and shared ones; each layer takes 100 bytes, its blobs nothing. */
function image(name: string, usedHoursAgo: number, layers: readonly string[] = [name]): ImageRecord {
	return {
		id: digestOf(name),
		manifestDigest: digestOf(`${name} manifest`),
		manifest: { layers: layers.map((layer) => ({ digest: digestOf(`${layer} blob`) })) },
		config: { rootfs: { type: "layers", diff_ids: layers.map((layer) => digestOf(layer)) } },
		tags: [`docker.io/library/${name}:1`],
		repoDigests: [],
		storedAt: "2020-01-01T00:00:00Z",
		lastTaggedAt: undefined,
		lastUsedAt: new Date(nowMs - usedHoursAgo * hour).toISOString(),
		parent: undefined,
	} as unknown as ImageRecord;
}

function plan(
	images: readonly ImageRecord[],
	changes: Partial<Omit<CollectionInput, "policy">> & { policy: unknown },
) {
	const layers = new Map<Digest, { bytes: number; machineBytes: number; parent: undefined }>();
	for (const { config } of images)
		layers.set(config.rootfs.diff_ids[0]!, { bytes: 100, machineBytes: 0, parent: undefined });
	const measure = { layers, blobs: new Map(), active: new Map() } as unknown as DiskMeasure;
	const planned = planCollection({
		nowMs,
		images,
		isUsed: () => false,
		isKept: () => false,
		holdings: holdingsOf(images, measure),
		disk: { totalBytes: 1000, usedBytes: 900 },
		...changes,
		policy: parseCollectionPolicy(changes.policy, "gc"),
	});
	return {
		...planned,
		removals: planned.removals.map(({ image: { tags }, reason }) => `${tags[0]!.split("/")[2]} ${reason}`),
	};
}

describe("what is collected", () => {
	const images = [image("new", 1), image("older", 50), image("oldest", 100), image("old", 20)];

	test("what was not used for too long, longest ago first", () => {
		const { removals, freedBytes } = plan(images, { policy: { "max-age": "24h" } });
		expect(removals).toEqual(["oldest:1 age", "older:1 age"]);
		expect(freedBytes).toBe(200);
	});

	test("above the upper mark, until the lower one is reached", () => {
		const policy = { "high-water": "350", "low-water": "250" };
		expect(plan(images, { policy })).toMatchObject({
			removals: ["oldest:1 space", "older:1 space"],
			freedBytes: 200,
			reachesLowMark: true,
		});
		expect(plan(images, { policy: { "high-water": "400", "low-water": "100" } }).removals).toEqual([]);
	});

	test("as a share of the disk, whatever else is on it", () => {
		const policy = { "high-water": "85%", "low-water": "75%" };
		expect(plan(images, { policy }).removals).toEqual(["oldest:1 space", "older:1 space"]);
		const disk = { totalBytes: 1000, usedBytes: 850 };
		expect(plan(images, { policy, disk }).removals).toEqual([]);
	});

	test("never what is in use, kept by name or was used just now, and it says when that is not enough", () => {
		const policy = { "high-water": "10", "low-water": "0", "min-age": "2h" };
		const isUsed = ({ tags }: ImageRecord) => tags[0]!.includes("oldest");
		const isKept = ({ tags }: ImageRecord) => tags[0]!.includes("older");
		expect(plan(images, { policy, isUsed, isKept })).toMatchObject({
			removals: ["old:1 space"],
			reachesLowMark: false,
		});
	});

	test("what another image was made from goes after it", () => {
		const child = { ...image("child", 10), parent: digestOf("base") };
		const base = image("base", 90);
		expect(plan([base, child], { policy: { "max-age": "24h" } }).removals).toEqual([]);
	});

	test("an image whose layers others share frees nothing by itself", () => {
		const shared = [image("one", 90, ["shared"]), image("two", 80, ["shared"])];
		expect(plan(shared, { policy: { "max-age": "85h" } })).toMatchObject({
			removals: ["one:1 age"],
			freedBytes: 0,
		});
		expect(plan(shared, { policy: { "max-age": "1h" } }).freedBytes).toBe(100);
	});
});

describe("policy", () => {
	test("members and their defaults", () => {
		expect(parseCollectionPolicy({ "max-age": "720h", "high-water": "80%", keep: ["base/*"] }, "gc")).toEqual(
			{
				...defaultPolicy,
				enabled: true,
				maxAgeMs: 720 * hour,
				marks: { high: { kind: "share", percent: 80 }, low: { kind: "share", percent: 72 } },
				keep: ["base/*"],
			},
		);
	});

	test.each([
		[[], "expected an object"],
		[{}, "expected max-age"],
		[{ maxAge: "1h" }, 'unknown key "maxAge"'],
		[{ "max-age": 5 }, "gc.max-age: expected a text"],
		[{ "max-age": "long" }, "gc.max-age long: expected a time"],
		[{ "high-water": "101%" }, "more than all"],
		[{ "high-water": "much" }, "gc.high-water much"],
		[{ "high-water": "80%", "low-water": "10g" }, "must both be"],
		[{ "high-water": "80%", "low-water": "90%" }, "must not be above"],
		[{ "low-water": "10g" }, "needs a high-water mark"],
		[{ "max-age": "1h", interval: "1ms" }, "gc.interval"],
		[{ "max-age": "1h", keep: "x" }, "gc.keep"],
		[{ "max-age": "1h", enabled: "yes" }, "gc.enabled"],
	])("%j is refused by name", (value, text) => {
		expect(() => parseCollectionPolicy(value, "gc")).toThrow(
			expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(text) }),
		);
	});
});
