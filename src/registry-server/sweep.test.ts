import { expect, test } from "bun:test";
import { join } from "node:path";
import { openImagesRoom } from "../../test/support/images-room.ts";
import { createLogger } from "../lib/index.ts";
import { type Digest, digestOf } from "../oci/index.ts";
import { createLeases, createMetadata } from "../store/index.ts";
import type { PushedManifest } from "./contract.ts";
import { openPushedManifests } from "./pushed-manifests.ts";
import { sweepLoose } from "./sweep.ts";

const hour = 3_600_000;
const start = Date.parse("2026-01-01T00:00:00Z");
const pushed = (name: string, at: number, more: Partial<PushedManifest> = {}): PushedManifest => ({
	repository: "docker.io/team/app",
	digest: digestOf(name),
	mediaType: "application/vnd.oci.image.manifest.v1+json",
	size: 1,
	tags: [],
	pushedAt: new Date(start + at).toISOString(),
	blobs: [digestOf(name)],
	children: [],
	...more,
});

test("what nothing names goes when it is old, with what only it named", async () => {
	await using room = await openImagesRoom();
	const metadata = createMetadata({ path: join(room.root, "pushed.db"), log: createLogger("error") });
	const leases = createLeases();
	const manifests = openPushedManifests(metadata, leases);
	for (const one of [
		pushed("young", 2 * hour),
		pushed("old", 0),
		pushed("child", 0),
		pushed("index", 0, { tags: ["v1"], children: [digestOf("child")] }),
		pushed("loose index", 0, { children: [digestOf("loose child")] }),
		pushed("loose child", 0),
		pushed("signature", 0, { subject: digestOf("index") }),
		pushed("signature of nothing", 0, { subject: digestOf("gone") }),
	])
		manifests.put(one);
	const freed = sweepLoose(manifests, room.images, start + hour);
	const gone = ["old", "loose index", "loose child", "signature of nothing"];
	expect(new Set(freed)).toEqual(new Set<Digest>(gone.map((name) => digestOf(name))));
	for (const name of ["young", "child", "index", "signature"])
		expect(leases.held().has(digestOf(name))).toBe(true);
	for (const name of gone) expect(leases.held().has(digestOf(name))).toBe(false);
	const again = openPushedManifests(metadata, createLeases());
	expect(again.all()).toHaveLength(4);
	metadata.close();
});
