import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { type RealRegistry, startRegistry, startScriptedRegistry } from "../support/registry.ts";

const folder = mkdtempSync(join(tmpdir(), "hull-e2e-registries-"));
const settings = join(folder, "registries.json");
let registry: RealRegistry;
let secured: RealRegistry;
let engine: TestDaemon;

beforeAll(async () => {
	const config = join(folder, "hulld.json");
	// The engine looks for credential helpers there.
	process.env["PATH"] += `:${folder}`;
	writeFileSync(config, JSON.stringify({ registries: settings }));
	[registry, secured, engine] = await Promise.all([
		startRegistry(),
		startRegistry({ tls: true, users: { me: "secret" } }),
		startTestDaemon({ arguments: ["--config", config] }),
	]);
});
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	await registry[Symbol.asyncDispose]();
	await secured[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

async function push(name: string): Promise<string> {
	await engine.ok(["tag", "busybox", name]);
	await engine.ok(["push", "-q", name]);
	const { json } = await engine.api("GET", `/images/${name}/json`);
	return json.RepoDigests.find((entry: string) => entry.startsWith(name.replace(/:[^:/]+$/, ""))).split(
		"@",
	)[1];
}

describe("asking a registry", () => {
	test("what it has under a name, by tag and by digest", async () => {
		const name = `${registry.domain}/ask/app:1`;
		const digest = await push(name);
		const answer = await engine.api("GET", `/distribution/${name}/json`);
		expect(answer.status).toBe(200);
		expect(answer.json.Descriptor).toEqual({
			mediaType: "application/vnd.oci.image.manifest.v1+json",
			digest,
			size: expect.any(Number),
		});
		expect(answer.json.Platforms).toEqual([
			{ os: "linux", architecture: process.arch === "x64" ? "amd64" : process.arch },
		]);
		const byDigest = await engine.api("GET", `/distribution/${registry.domain}/ask/app@${digest}/json`);
		expect(byDigest.json).toEqual(answer.json);
		const absent = await engine.api("GET", `/distribution/${registry.domain}/ask/app:2/json`);
		expect(absent.status).toBe(404);
		const closed = await engine.api("GET", `/distribution/${secured.domain}/x:1/json`);
		expect(closed.status).toBe(401);
	});

	test("to take an image of one platform: its own, or it is an error", async () => {
		const name = `${registry.domain}/platform/app`;
		await engine.ok(["tag", "busybox", `${name}:1`]);
		const push = (architecture: string) => {
			const platform = encodeURIComponent(JSON.stringify({ os: "linux", architecture }));
			return engine.api("POST", `/images/${name}/push?tag=1&platform=${platform}`);
		};
		expect((await push("s390x")).text).toContain("does not match the specified platform");
		const absent = await engine.api("GET", `/distribution/${name}:1/json`);
		expect(absent.status).toBe(404);
		expect((await push(process.arch === "x64" ? "amd64" : process.arch)).text).toContain(
			"1: digest: sha256:",
		);
	});

	test("for repositories by a part of their name", async () => {
		await push(`${registry.domain}/find/one:1`);
		await push(`${registry.domain}/find/two:1`);
		const search = (...args: string[]) =>
			engine.docker(["search", "--format", "{{.Name}} {{.StarCount}}", ...args]);
		expect((await search(`${registry.domain}/find/`)).stdout.split("\n").sort()).toEqual([
			"",
			`${registry.domain}/find/one 0`,
			`${registry.domain}/find/two 0`,
		]);
		expect((await search("--limit", "1", `${registry.domain}/find/`)).stdout.trim().split("\n")).toHaveLength(
			1,
		);
		expect((await search("--filter", "stars=1", `${registry.domain}/find/`)).stdout).toBe("");
		expect((await search("--filter", "color=red", `${registry.domain}/x`)).stderr).toContain(
			"invalid filter 'color'",
		);
		expect((await search("--limit", "101", `${registry.domain}/x`)).stderr).toContain(
			"outside the range of [1, 100]",
		);
	});

	test("one that has a search of its own", async () => {
		await using server = await startScriptedRegistry((request, response) => {
			if (!request.url!.startsWith("/v1/search?q=term&n=")) return response.writeHead(404).end();
			const results = [
				{
					name: "a",
					description: "the\u001b[2Jfirst",
					star_count: 5,
					is_official: true,
					is_automated: false,
				},
				{ name: "b", description: null, star_count: 1 },
			];
			response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ results }));
		});
		const { json } = await engine.api("GET", `/images/search?term=${server.domain}/term`);
		expect(json).toEqual([
			{
				name: `${server.domain}/a`,
				description: "the [2Jfirst",
				star_count: 5,
				is_official: true,
				is_automated: false,
			},
			{ name: `${server.domain}/b`, description: "", star_count: 1, is_official: false, is_automated: false },
		]);
		const filters = encodeURIComponent(JSON.stringify({ "is-official": ["true"] }));
		const official = await engine.api("GET", `/images/search?term=${server.domain}/term&filters=${filters}`);
		expect(official.json.map(({ name }: { name: string }) => name)).toEqual([`${server.domain}/a`]);
	});
});

describe("settings of registries, changed while the engine runs", () => {
	const change = (value: unknown) => writeFileSync(settings, JSON.stringify(value));

	test("a mirror gives what the registry has no more", async () => {
		const name = `${registry.domain}/mirrored/app:1`;
		await push(name);
		await engine.ok(["rmi", name]);
		const origin = "gone.invalid";
		change({ registries: { [origin]: { mirrors: [`http://${registry.domain}`] } } });
		const { RegistryConfig } = (await engine.api("GET", "/info")).json;
		expect(RegistryConfig.IndexConfigs[origin].Mirrors).toEqual([`http://${registry.domain}/`]);
		await engine.ok(["pull", "-q", `${origin}/mirrored/app:1`]);
		const tags = await engine.ok(["images", "--format", "{{.Repository}}:{{.Tag}}"]);
		expect(tags).toContain(`${origin}/mirrored/app:1`);
		await engine.ok(["rmi", `${origin}/mirrored/app:1`]);
	});

	test.each(["config", "a helper that the config names", "helper"])(
		"a mirror gets credentials of its own, from %s, and not the client's",
		async (source) => {
			const name = `${secured.domain}/closed/app:1`;
			await engine.ok(["tag", "busybox", name]);
			change({ registries: { [secured.domain]: { ca: secured.caFile } } });
			const auth = Buffer.from(JSON.stringify({ username: "me", password: "secret" })).toString("base64url");
			const pushed = await fetch(`http://localhost/images/${secured.domain}/closed/app/push?tag=1`, {
				unix: engine.socket,
				method: "POST",
				headers: { "x-registry-auth": auth },
			});
			expect(await pushed.text()).toContain("digest: sha256:");
			const config = join(folder, "mirror.json");
			const helped = { credHelpers: { [secured.domain]: "hull-test" } };
			const kept = { auths: { [secured.domain]: { auth: btoa("me:secret") } } };
			writeFileSync(config, JSON.stringify(source === "config" ? kept : helped));
			writeFileSync(
				join(folder, "docker-credential-hull-test"),
				`#!/bin/sh\n[ "$1" = get ] && [ "$(cat)" = ${secured.domain} ] && echo '{"Username":"me","Secret":"secret"}'\n`,
				{ mode: 0o755 },
			);
			const origin = "closed.invalid";
			const mirror = (credentials?: object) => ({
				registries: {
					[origin]: {
						mirrors: [{ address: `https://${secured.domain}`, ...(credentials ? { credentials } : {}) }],
					},
					[secured.domain]: { ca: secured.caFile },
				},
			});
			change(mirror());
			const refused = await engine.docker(["pull", "-q", `${origin}/closed/app:1`]);
			expect(refused.code).not.toBe(0);
			change(mirror(source === "helper" ? { helper: "hull-test" } : { config }));
			await engine.ok(["pull", "-q", `${origin}/closed/app:1`]);
			await engine.ok(["rmi", `${origin}/closed/app:1`, name]);
		},
	);

	test("an authority, a block and no network at all", async () => {
		const pull = async () => {
			const answer = await engine.api("POST", `/images/create?fromImage=${secured.domain}/x&tag=1`);
			return answer.text;
		};
		change({ registries: { [secured.domain]: { ca: secured.caFile } } });
		expect(await pull()).toContain("no basic auth credentials");
		change({ registries: { [secured.domain]: { ca: registry.caFile } } });
		expect(await pull()).toContain("certificate ");
		change({ registries: { [secured.domain]: { blocked: true } } });
		expect(await pull()).toContain("is blocked by the engine's configuration");
		change({ offline: true });
		expect(await pull()).toContain("the engine is set to work offline");
		expect((await engine.api("GET", "/info")).json.Warnings.join("\n")).toContain(
			"the engine is set to work offline",
		);
		change({ offlin: true });
		expect((await engine.api("GET", "/info")).json.Warnings.join("\n")).toContain(
			"registries.json: unknown key",
		);
		expect(await pull()).toContain("registries.json: unknown key");
		change({});
	});
});

test("an image that is removed while containers are made of it: each container is whole, or was refused", async () => {
	const name = `${registry.domain}/race/app:1`;
	await push(name);
	for (let round = 0; round < 5; round++) {
		const names = (await engine.ok(["images", "--format", "{{.Repository}}:{{.Tag}}"]))
			.split("\n")
			.filter(Boolean);
		await engine.ok(["rmi", "-f", ...names]);
		await engine.ok(["pull", "-q", name]);
		const create = () => engine.docker(["create", name, "true"]);
		const [one, removed, two] = await Promise.all([create(), engine.docker(["rmi", "-f", name]), create()]);
		expect([0, 1]).toContain(removed!.code);
		for (const created of [one!, two!]) {
			if (created.code !== 0) continue;
			expect(await engine.docker(["cp", `${created.stdout.trim()}:/etc/passwd`, "-"])).toMatchObject({
				code: 0,
			});
		}
		const ids = (await engine.ok(["ps", "-aq"])).split("\n").filter(Boolean);
		if (ids.length > 0) await engine.ok(["rm", "-f", ...ids]);
		await engine.docker(["rmi", "-f", name]);
		expect(await engine.ok(["images", "-q"])).toBe("");
		await engine.ok(["pull", "-q", name]);
		await engine.ok(["tag", name, "busybox"]);
	}
}, 60_000);
