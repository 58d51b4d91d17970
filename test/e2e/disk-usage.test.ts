import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { busyboxLayer, dockerArchive, makeBusyboxArchive } from "../support/busybox-image.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";
import { buildTar } from "../support/tar-builder.ts";

let hull: TestDaemon;
/** The data root's folders and files before anything was made. */
let fresh: string[];
beforeAll(async () => {
	hull = await startTestDaemon({ image: false });
	fresh = tree();
	await fill();
});
afterAll(async () => hull[Symbol.asyncDispose]());

function tree(): string[] {
	return execFileSync("find", [hull.dataRoot, "-printf", "%P %y\n"], { encoding: "utf8" }).split("\n").sort();
}

/** Everything that takes disk: used, unused and layered images, containers that run and do not, logs, volumes. */
async function fill(): Promise<void> {
	const archive = join(hull.runRoot, "image.tar");
	await makeBusyboxArchive(archive, "busybox:latest");
	await hull.ok(["load", "-q", "-i", archive]);
	rmSync(archive);
	const unused = buildTar([{ name: "big", data: "x".repeat(3_000_000) }, ...manyFiles()]);
	await hull.ok(["load", "-q"], { input: dockerArchive({ tag: "unused:1", layer: unused }) });
	await hull.ok([
		...["run", "-d", "--name", "runs", "-v", "kept:/data", "busybox", "sh", "-c"],
		"seq 300000; dd if=/dev/zero of=/own bs=1k count=500; dd if=/dev/zero of=/data/x bs=1k count=2000; ln /data/x /data/y; echo ready; sleep 1000",
	]);
	await hull.ok(["run", "--name", "ended", "busybox", "sh", "-c", "seq 100000; seq 50000 > /numbers"]);
	await hull.ok(["commit", "ended", "committed:1"]);
	await hull.ok(["volume", "create", "idle"]);
	await eventually(async () =>
		expect((await hull.docker(["logs", "--tail", "1", "runs"])).stdout).toBe("ready\n"),
	);
}

function manyFiles() {
	return Array.from({ length: 300 }, (_, index) => ({ name: `file-${index}`, data: "y".repeat(index) }));
}

function du(): number {
	const output = execFileSync("du", ["-s", "-x", "--block-size=1", hull.dataRoot], { encoding: "utf8" });
	return Number(output.split("\t")[0]);
}

const near = (bytes: number, wanted: number) =>
	expect(Math.abs(bytes - wanted), `${bytes} against ${wanted}`).toBeLessThanOrEqual(wanted * 0.01);

interface Kind {
	readonly TotalSize: number;
	readonly Reclaimable: number;
	readonly ActiveCount: number;
	readonly TotalCount: number;
}

async function kinds(): Promise<Record<string, Kind>> {
	const { json } = await hull.api("GET", "/v1.52/system/df");
	const { HullUsage, ...docker } = json as { HullUsage: (Kind & { Type: string })[] } & Record<string, Kind>;
	return { ...docker, ...Object.fromEntries(HullUsage.map((kind) => [kind.Type, kind])) } as never;
}

async function total(): Promise<number> {
	return Object.values(await kinds()).reduce((sum, { TotalSize }) => sum + TotalSize, 0);
}

describe("disk usage", () => {
	test("all kinds together are what du says of the data root", async () => {
		near(await total(), du());
		const { ImageUsage, ContainerUsage, VolumeUsage, "Container Logs": logs } = await kinds();
		expect(ImageUsage).toMatchObject({ TotalCount: 3, ActiveCount: 1 });
		expect(ContainerUsage).toMatchObject({ TotalCount: 2, ActiveCount: 1 });
		expect(VolumeUsage).toMatchObject({ TotalCount: 2, ActiveCount: 1 });
		expect(logs).toMatchObject({ TotalCount: 2, ActiveCount: 1 });
		near(VolumeUsage!.TotalSize, 2_000 * 1024);
		expect(ContainerUsage!.TotalSize).toBeGreaterThan(500 * 1024);
	});

	test("to clients before 1.52 lists, with sizes that add up", async () => {
		const { json } = await hull.api("GET", "/v1.51/system/df");
		expect(json.ImageUsage).toBeUndefined();
		const { ImageUsage, ContainerUsage, VolumeUsage } = await kinds();
		expect(json.LayersSize).toBe(ImageUsage!.TotalSize);
		const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
		near(sum(json.Containers.map(({ SizeRw }: { SizeRw: number }) => SizeRw)), ContainerUsage!.TotalSize);
		near(
			sum(json.Volumes.map(({ UsageData }: { UsageData: { Size: number } }) => UsageData.Size)),
			VolumeUsage!.TotalSize,
		);
		// The committed image stands on busybox' layer.
		const committed = json.Images.find(
			({ RepoTags }: { RepoTags: string[] }) => RepoTags[0] === "committed:1",
		);
		expect(committed.SharedSize).toBeGreaterThan(1_000_000);
		expect(committed.Size).toBeGreaterThan(committed.SharedSize);
		expect((await hull.api("GET", "/v1.51/system/df?type=volume")).json).toEqual({ Volumes: json.Volumes });
		expect((await hull.api("GET", "/v1.51/system/df?type=logs")).status).toBe(400);
		expect(await hull.ok(["system", "df", "-v"])).toContain("committed");
	});

	test("hull shows its own kinds too", async () => {
		const { stdout, code } = await hullCli(hull.socket, ["system", "df"]);
		expect(code).toBe(0);
		for (const type of ["Images", "Containers", "Local Volumes", "Build Cache", "Container Logs", "Engine"])
			expect(stdout).toContain(type);
		const { stdout: verbose } = await hullCli(hull.socket, ["system", "df", "-v"]);
		expect(verbose).toContain("Container Logs usage:");
	});

	test("what is reclaimable is what a prune frees", async () => {
		const stored = async () => du() - (await kinds())["Engine"]!.TotalSize;
		const before = await stored();
		const { ImageUsage } = await kinds();
		await hull.ok(["image", "prune", "-af"]);
		await eventually(async () => near(before - (await stored()), ImageUsage!.Reclaimable));
		const after = await kinds();
		expect(after["ImageUsage"]!.Reclaimable).toBe(0);
		await eventually(async () => near(await total(), du()));
		const logs = after["Container Logs"]!;
		await hull.ok(["container", "prune", "-f"]);
		await eventually(async () =>
			expect((await kinds())["Container Logs"]!.TotalSize).toBe(logs.TotalSize - logs.Reclaimable),
		);
	});

	test("an image that was removed from under its container is not reclaimable, and goes with it", async () => {
		const layer = await busyboxLayer();
		const other = buildTar([{ name: "other", data: "z".repeat(100_000) }]);
		await hull.ok(["load", "-q"], { input: dockerArchive({ tag: "torn:1", layer: Buffer.concat([layer]) }) });
		await hull.ok(["load", "-q"], { input: dockerArchive({ tag: "torn:2", layer: other }) });
		await hull.ok(["create", "--name", "torn", "torn:2", "/other"]);
		await hull.ok(["rmi", "-f", "torn:2"]);
		const held = (await kinds())["ImageUsage"]!;
		await hull.ok(["image", "prune", "-af"]);
		await eventually(async () => {
			const left = (await kinds())["ImageUsage"]!;
			expect(left.TotalSize).toBe(held.TotalSize - held.Reclaimable);
			expect(left.Reclaimable).toBe(0);
		});
		await hull.ok(["rm", "torn"]);
	});

	test("pruning everything leaves the folders of an engine that never did anything", async () => {
		await hull.ok(["rm", "-f", "runs"]);
		expect((await hullCli(hull.socket, ["system", "prune", "-af", "--volumes"])).code).toBe(0);
		await hull.ok(["volume", "prune", "-af"]);
		await eventually(() => expect(tree()).toEqual(fresh));
		const { ImageUsage, ContainerUsage, VolumeUsage, Engine } = await kinds();
		for (const kind of [ImageUsage, ContainerUsage, VolumeUsage])
			expect(kind).toMatchObject({ TotalCount: 0, TotalSize: 0, Reclaimable: 0 });
		near(Engine!.TotalSize, du());
	});

	test("the build cache's figures are the disk's, and limits of a prune are followed", async () => {
		const layer = Buffer.concat([await busyboxLayer()]);
		await hull.ok(["load", "-q"], { input: dockerArchive({ tag: "busybox:latest", layer }) });
		const dockerfile =
			"FROM busybox\nRUN dd if=/dev/zero of=/big bs=1M count=3\nRUN --mount=type=cache,target=/kept dd if=/dev/zero of=/kept/f bs=1M count=2\n";
		const build = ["build", "-q", "-t", "built", "-"];
		const built = await hullCli(hull.socket, build, { input: dockerfile });
		expect([built.code, built.stderr]).toEqual([0, ""]);
		const cache = async () => (await kinds())["BuildCacheUsage"]!.TotalSize;
		near(await total(), du());
		near(await cache(), 2 * 1024 ** 2 + 4096);
		await hull.ok(["image", "rm", "built"]);
		await eventually(async () => near(await total(), du()));
		expect(await cache()).toBeGreaterThan(8 * 1024 ** 2);
		const prune = async (query: string) =>
			(await hull.api("POST", `/v1.48/build/prune?all=1&${query}`)).json.SpaceReclaimed as number;
		expect(await prune("min-free-space=1")).toBe(0);
		expect(await prune(`max-used-space=1&reserved-space=${50 * 1024 ** 2}`)).toBe(0);
		const before = du();
		const freed = await prune(`max-used-space=${3 * 1024 ** 2}`);
		expect(await cache()).toBeLessThan(3 * 1024 ** 2);
		await eventually(() => near(before - du(), freed));
		expect(await prune("min-free-space=1000000000000000")).toBeGreaterThan(0);
		expect(await cache()).toBe(0);
		await eventually(async () => near(await total(), du()));
	});
});
