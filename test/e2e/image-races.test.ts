import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

/** Images that go while somebody comes to need them. */
const folder = mkdtempSync(join(tmpdir(), "hull-image-races-"));
const archive = join(folder, "busybox.tar");
let engine: TestDaemon;
beforeAll(async () => {
	engine = await startTestDaemon();
	await engine.ok(["save", "-o", archive, "busybox"]);
}, 60_000);
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, 60_000);

test("an image that is removed while a container is made of it: the container works, or there is none", async () => {
	const prune = `/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`;
	for (let round = 0; round < 12; round++) {
		await engine.ok(["load", "-q", "-i", archive]);
		const create = (index: number) =>
			engine.api("POST", `/containers/create?name=race-${round}-${index}`, {
				Image: "busybox",
				Cmd: ["true"],
			});
		const early = [create(0), create(1)];
		// A little later each time: requests are answered in the order in which they get to the daemon, or nearly.
		for (let pings = 0; pings < round; pings++) await engine.api("GET", "/_ping");
		const removal =
			round % 2 === 0 ? engine.api("DELETE", "/images/busybox?force=1") : engine.api("POST", prune);
		const created = await Promise.all([...early, create(2), create(3)]);
		await removal;
		for (const { status, json } of created) {
			if (status !== 201) {
				expect({ status, ...json }).toMatchObject({ status: 404, message: "No such image: busybox:latest" });
				continue;
			}
			expect((await engine.api("POST", `/containers/${json.Id}/start`)).status).toBe(204);
			expect((await engine.api("POST", `/containers/${json.Id}/wait`)).json).toMatchObject({ StatusCode: 0 });
			await engine.ok(["rm", json.Id]);
		}
	}
	await engine.api("POST", prune);
	await eventually(async () => {
		const { json: usage } = await engine.api("GET", "/v1.51/system/df");
		expect({ images: usage.Images, layers: usage.LayersSize }).toEqual({ images: [], layers: 0 });
	});
}, 120_000);

test("a container that ends while it is committed becomes an image all the same", async () => {
	await engine.ok(["load", "-q", "-i", archive]);
	for (let round = 0; round < 15; round++) {
		const id = (await engine.ok(["create", "busybox", "touch", "/made"])).trim();
		await engine.ok(["start", id]);
		const { status, json } = await engine.api("POST", `/commit?container=${id}&repo=ended&tag=${round}`);
		expect([status, json.message]).toEqual([201, undefined]);
		await engine.ok(["rm", "-f", id]);
		await engine.ok(["rmi", `ended:${round}`]);
	}
});
