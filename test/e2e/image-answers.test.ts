import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli } from "../support/hull-cli.ts";

/** What the API says of images: a base, one made of it, and one that lost its name. */
let engine: TestDaemon;
const ids: Record<string, string> = {};
beforeAll(async () => {
	engine = await startTestDaemon();
	for (const [tag, change] of [
		["app:1", "LABEL role=app"],
		["app:2", "ENV two=2"],
	] as const) {
		await engine.ok(["create", "--name", "source", "busybox", "true"]);
		await engine.ok(["cp", "/etc/hostname", `source:/${tag.replace(":", "")}`]);
		await engine.ok(["commit", "-c", change, "source", tag]);
		await engine.ok(["rm", "source"]);
	}
	await engine.ok(["tag", "busybox", "registry.example:5000/team/base:v1"]);
	for (const name of ["busybox", "app:1", "app:2"])
		ids[name] = (await engine.ok(["image", "inspect", "-f", "{{.Id}}", name])).trim();
	await engine.ok(["tag", "app:1", "app:2"]);
});
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
});

interface Summary {
	Id: string;
	RepoTags: string[];
	Size: number;
	SharedSize: number;
}
const list = async (query: string, version = "1.51") =>
	(await engine.api("GET", `/v${version}/images/json?${query}`)).json as Summary[];
const filtered = async (filters: Record<string, string[]>) => {
	const images = await list(`filters=${encodeURIComponent(JSON.stringify(filters))}`);
	return images.flatMap(({ Id, RepoTags }) => (RepoTags.length === 0 ? [Id] : RepoTags)).sort();
};

describe("filters", () => {
	test("each of them", async () => {
		const base = ["busybox:latest", "registry.example:5000/team/base:v1"];
		const lost = ids["app:2"]!;
		expect(await filtered({ dangling: ["true"] })).toEqual([lost]);
		expect(await filtered({ dangling: ["false"] })).toEqual(["app:1", "app:2", ...base]);
		expect(await filtered({ label: ["role"] })).toEqual(["app:1", "app:2"]);
		expect(await filtered({ label: ["role=app"] })).toEqual(["app:1", "app:2"]);
		expect(await filtered({ label: ["role=other"] })).toEqual([]);
		expect(await filtered({ "label!": ["role"] })).toEqual([...base, lost].sort());
		expect(await filtered({ before: ["app:1"] })).toEqual(base);
		expect(await filtered({ since: ["busybox"] })).toEqual(["app:1", "app:2", lost].sort());
		expect(await filtered({ until: ["2026-01-02T00:00:00Z"] })).toEqual(base);
		expect(await filtered({ reference: ["app"] })).toEqual(["app:1", "app:2"]);
		expect(await filtered({ reference: ["app:2"] })).toEqual(["app:2"]);
		expect(await filtered({ reference: ["*/*/base"] })).toEqual([base[1]!]);
		expect(await filtered({ reference: ["b*:l*"] })).toEqual([base[0]!]);
	});

	test.each(['{"nosuch":["x"]}', '{"dangling":["maybe"]}', '{"until":["noon"]}', '{"reference":["["]}', "{"])(
		"%s is refused",
		async (filters) => {
			const path = `/images/json?filters=${encodeURIComponent(filters)}`;
			expect((await engine.api("GET", path)).status).toBe(400);
		},
	);
});

test("sizes that are shared, and manifests, come when they are asked for", async () => {
	const plain = await list("");
	expect(plain.every(({ SharedSize }) => SharedSize === -1)).toBe(true);
	const asked = await list("shared-size=1&manifests=1");
	const base = asked.find(({ Id }) => Id === ids["busybox"])!;
	const app = asked.find(({ Id }) => Id === ids["app:1"])!;
	expect({ base: base.SharedSize, app: app.SharedSize }).toEqual({ base: base.Size, app: base.Size });
	expect(app).toMatchObject({
		Descriptor: { mediaType: "application/vnd.oci.image.manifest.v1+json" },
		Manifests: [
			{ Available: true, Kind: "image", ImageData: { Size: { Unpacked: app.Size }, Containers: [] } },
		],
	});
});

test("answers are of the version that is asked for", async () => {
	const at = async (version: string) =>
		(await engine.api("GET", `/v${version}/images/busybox/json?manifests=1`)).json;
	expect(Object.keys(await at("1.41"))).toEqual(
		expect.arrayContaining(["Parent", "ContainerConfig", "VirtualSize", "GraphDriver"]),
	);
	const newest = Object.keys(await at("1.51"));
	expect(newest).toEqual(expect.arrayContaining(["Descriptor", "Manifests", "GraphDriver"]));
	for (const old of ["Parent", "ContainerConfig", "VirtualSize"]) expect(newest).not.toContain(old);
	const old = (await list("", "1.41")).find(({ Id }) => Id === ids["app:2"])!;
	expect(old).toMatchObject({ RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"] });
	expect(old).not.toHaveProperty("Descriptor");
});

test("where layers are, and what another platform is", async () => {
	const { GraphDriver } = (await engine.api("GET", "/images/app:1/json")).json;
	const { UpperDir, LowerDir } = GraphDriver.Data;
	expect(await Bun.file(`${UpperDir}/app1`).exists()).toBe(true);
	expect(await Bun.file(`${LowerDir}/bin/busybox`).exists()).toBe(true);
	const other = encodeURIComponent('{"os":"linux","architecture":"s390x"}');
	for (const path of ["json", "history", "get"])
		expect((await engine.api("GET", `/images/app:1/${path}?platform=${other}`)).status).toBe(404);
	expect((await engine.api("DELETE", `/images/app:1?platforms=${other}`)).status).toBe(404);
});

describe("hull image", () => {
	const hull = async (...args: string[]) => {
		const result = await hullCli(engine.socket, args);
		expect(result.stderr).toBe("");
		return result.stdout;
	};

	test("ls --tree shows images under those that they are made of", async () => {
		const tree = await hull("image", "ls", "--tree");
		expect(tree).toMatch(/^busybox:latest, registry\.example:5000\/team\/base:v1 .* 0B$/m);
		expect(tree).toMatch(/^├─ layer .* 3$/m);
		expect(tree).toMatch(/^├─ app:1, app:2 /m);
		expect(tree).toMatch(/^└─ <none> /m);
		const lines = (await hull("image", "ls", "--tree", "--format", "json")).trim().split("\n");
		expect(lines.map((line) => JSON.parse(line).Layers.length).sort()).toEqual([1, 2, 2]);
		const refused = await hullCli(engine.socket, ["image", "ls", "--tree", "app"]);
		expect(refused.stderr).toContain("--tree shows all images");
	});

	test("diff shows files and configuration", async () => {
		expect(await hull("image", "diff", "app:1", ids["app:2"]!)).toBe(
			[
				'C Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] → ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","two=2"]',
				'C Labels: {"role":"app"} → {}',
				"D /app1",
				"A /app2",
				"",
			].join("\n"),
		);
		expect(
			await hull("image", "diff", "busybox", "app:1", "--format", "{{.Type}} {{.What}} {{.Name}}"),
		).toContain("A file /app1\n");
		expect(await hull("image", "diff", "app:1", "app:1")).toBe("");
		const absent = await hullCli(engine.socket, ["image", "diff", "app:1", "nosuch"]);
		expect(absent.stderr).toContain("No such image: nosuch");
	});
});
