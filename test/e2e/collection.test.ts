import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerArchive } from "../support/busybox-image.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";
import { buildTar } from "../support/tar-builder.ts";

let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "hull-gc-"));
	writeFileSync(
		join(folder, "hulld.json"),
		JSON.stringify({ gc: { enabled: false, "max-age": "1000h", "min-age": "0s", keep: ["kept/*"] } }),
	);
	hull = await startTestDaemon({ arguments: ["--config", join(folder, "hulld.json")] });
	await hull.ok(["run", "-d", "--name", "holds", "busybox", "sleep", "1000"]);
});
beforeEach(async () => {
	for (const tag of ["first:1", "second:1", "kept/third:1"]) await loadImage(hull, tag);
});
afterAll(async () => {
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

async function loadImage(daemon: TestDaemon, tag: string): Promise<void> {
	const layer = buildTar([{ name: "file", data: tag.repeat(20_000) }]);
	await daemon.ok(["load", "-q"], { input: dockerArchive({ tag, layer }) });
}

const names = async (daemon = hull) =>
	(await daemon.ok(["images", "--format", "{{.Repository}}"])).trim().split("\n").sort();

describe("collection", () => {
	test("a dry run shows what would go, and nothing goes", async () => {
		const all = await names();
		const dry = await hullCli(hull.socket, ["system", "gc", "--dry-run", "--max-age", "0s"]);
		expect(dry.code).toBe(0);
		expect(dry.stdout).toContain("first:1");
		expect(dry.stdout).toContain("second:1");
		expect(dry.stdout).not.toMatch(/busybox|third/);
		expect(await names()).toEqual(all);
	});

	test("by age: what was used stays, by the limits of the configuration nothing is old", async () => {
		expect((await hull.api("POST", "/hull/gc")).json).toMatchObject({ DryRun: false, Images: [] });
		const { json } = await hull.api("POST", "/hull/gc?max-age=0s");
		expect(json.Images.map(({ Names }: { Names: string[] }) => Names[0]).sort()).toEqual([
			"first:1",
			"second:1",
		]);
		expect(json.SpaceReclaimed).toBeGreaterThan(200_000);
		expect(await names()).toEqual(["busybox", "kept/third"]);
	});

	test("by size: the one used longest ago goes first, and one is enough", async () => {
		const { json: usage } = await hull.api("GET", "/v1.52/system/df");
		const size: number = usage.ImageUsage.TotalSize;
		await hull.ok(["run", "--rm", "--entrypoint", "/nothing", "first:1"]).catch(() => undefined);
		const { stdout } = await hullCli(hull.socket, [
			...["system", "gc", "--high-water", String(size - 1), "--low-water", String(size - 1)],
			...["--format", "{{.Names}} {{.Reason}}"],
		]);
		expect(stdout).toBe("second:1 space\n");
		expect(await names()).toEqual(["busybox", "first", "kept/third"]);
	});

	test("when the mark cannot be reached it says so", async () => {
		const { json } = await hull.api("POST", "/hull/gc?high-water=0&dry-run=1");
		expect(json.ReachesLowWater).toBe(false);
		expect((await hull.api("POST", "/hull/gc?high-water=x")).status).toBe(400);
		expect((await hull.api("POST", "/hull/gc?low-water=1g")).status).toBe(400);
	});
});

describe("a dry run of prune", () => {
	test.each([
		{ nosuch: ["x"] },
		{ dangling: ["maybe"] },
		{ before: ["nosuch"] },
		{ reference: ["["] },
		{ until: ["noon"] },
	])("of images refuses what the prune refuses, and neither removes anything: %p", async (filters) => {
		const before = await names();
		const query = `filters=${encodeURIComponent(JSON.stringify(filters))}`;
		for (const [method, path] of [
			["GET", "/hull/prune?type=image&"],
			["POST", "/images/prune?"],
		] as const)
			expect((await hull.api(method, path + query)).status).toBeOneOf([400, 404]);
		expect(await names()).toEqual(before);
	});

	test("of images knows every filter of theirs", async () => {
		const plan = async (filters: object) => {
			const query = encodeURIComponent(JSON.stringify({ dangling: ["false"], ...filters }));
			const { json } = await hull.api("GET", `/hull/prune?type=image&filters=${query}`);
			return json.Images.flatMap(({ Names }: { Names: string[] }) => Names).sort();
		};
		expect(await plan({ reference: ["kept/*"] })).toEqual(["kept/third:1"]);
		expect(await plan({ since: ["second:1"] })).not.toContain("second:1");
		expect(await plan({ before: ["first:1"] })).not.toContain("first:1");
		expect(await plan({ label: ["nosuch"] })).toEqual([]);
		expect(await plan({ until: ["1000000h"] })).toEqual([]);
	});

	test("names what the prune then removes", async () => {
		await hull.ok(["create", "--name", "idle", "-v", "/anonymous", "first:1", "/nothing"]);
		const filters = encodeURIComponent(JSON.stringify({ dangling: ["false"] }));
		const { json: plan } = await hull.api("GET", `/hull/prune?filters=${filters}`);
		expect(plan.Containers).toMatchObject([{ Name: "idle" }]);
		expect(plan.Volumes).toHaveLength(1);
		const planned = plan.Images.flatMap(({ Names }: { Names: string[] }) => Names).sort();
		expect(planned).toEqual(["first:1", "kept/third:1", "second:1"]);
		const { stdout } = await hullCli(hull.socket, ["system", "prune", "-a", "--volumes", "--dry-run"]);
		expect(stdout).toContain("idle");
		expect(stdout).toContain("second:1");
		const images = await hullCli(hull.socket, ["image", "prune", "-a", "--dry-run"]);
		expect(images.stdout).not.toContain("first:1");
		expect(images.stdout).toContain("second:1");
		expect((await hullCli(hull.socket, ["image", "prune", "--dry-run"])).stdout).not.toContain("second:1");
		expect(await names()).toEqual(["busybox", "first", "kept/third", "second"]);

		const before = (await hull.api("GET", "/v1.52/system/df")).json;
		expect((await hullCli(hull.socket, ["system", "prune", "-af", "--volumes"])).code).toBe(0);
		expect(await names()).toEqual(["busybox"]);
		expect(await hull.ok(["volume", "ls", "-q"])).toBe("");
		await eventually(async () => {
			const after = (await hull.api("GET", "/v1.52/system/df")).json;
			const freed = (kind: string) => before[kind].TotalSize - after[kind].TotalSize;
			const sum = freed("ImageUsage") + freed("ContainerUsage") + freed("VolumeUsage");
			expect(sum).toBe(plan.SpaceReclaimed);
		});
		expect((await hull.api("GET", "/hull/prune?type=pod")).status).toBe(400);
	});
});

test("an engine that is set to collects by itself", async () => {
	const config = join(folder, "collects.json");
	writeFileSync(config, JSON.stringify({ gc: { "max-age": "0s", "min-age": "0s", interval: "1s" } }));
	await using own = await startTestDaemon({ image: false, arguments: ["--config", config] });
	await loadImage(own, "unused:1");
	await eventually(async () => expect(await names(own)).toEqual([""]));
	expect(own.log()).toContain("images were collected");
});

test("a policy that is wrong keeps the engine from starting", async () => {
	const config = join(folder, "wrong.json");
	writeFileSync(config, JSON.stringify({ gc: { "high-water": "much" } }));
	const started = startTestDaemon({ image: false, arguments: ["--config", config] });
	await expect(started).rejects.toThrow("wrong.json: gc.high-water much");
});
